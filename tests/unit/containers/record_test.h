// A store of records, and short words for what the tests of containers and sandboxes do with it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "bayplan/containers/containers.h"
#include "bayplan/containers/sandboxes.h"
#include "bayplan/images/images.h"
#include "bayplan/metadata/db.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "support/temp_dir.h"

namespace bayplan::containers {

/// Bytes by path; a bucket's path ends with a slash, and it has none.
using Dump = std::map<std::string, std::string>;

inline void dump_into(const metadata::Bucket& bucket, const std::string& path, Dump& dump) {
  ASSERT_TRUE(bucket.for_each([&](const metadata::Entry& entry) -> Result<void> {
    const std::string at = path + std::string(entry.key);
    if (!entry.is_bucket) {
      dump[at] = entry.value;
      return {};
    }
    dump[at + "/"];
    BAYPLAN_ASSIGN(const auto inner, bucket.bucket(entry.key));
    dump_into(*inner, at + "/", dump);
    return {};
  }));
}

class RecordTest : public testing::Test {
 protected:
  static constexpr std::string_view kNs = "default";

  static Container sample(std::string id) {
    Container container;
    container.id = std::move(id);
    container.image = "docker.io/library/a:1";
    container.snapshotter = "overlay";
    container.snapshot_key = "key";
    container.spec = R"({"ociVersion":"1.1.0"})";
    return container;
  }
  Result<void> create(const Container& container, Pins pins = Pins::snapshot) const {
    return db_.update([&](metadata::WriteTx& tx) { return containers::create(tx, kNs, container, pins); });
  }
  Result<Container> update(const Container& container, const FieldMask& mask = {}) const {
    return db_.update([&](metadata::WriteTx& tx) { return containers::update(tx, kNs, container, mask); });
  }
  Result<void> remove(std::string_view id) const {
    return db_.update([&](metadata::WriteTx& tx) { return containers::remove(tx, kNs, id); });
  }
  Container get(std::string_view id) const {
    return db_.view([&](const metadata::ReadTx& tx) { return containers::get(tx, kNs, id); }).value();
  }

  /// Changes the record of `kind` ("containers", "sandboxes") behind the functions' back.
  void change(std::string_view kind, std::string_view id,
              const std::function<Result<void>(metadata::MutableBucket&)>& body) const {
    const auto done = db_.update([&](metadata::WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(tx, kNs, {kind, id}));
      return body(*record);
    });
    ASSERT_TRUE(done) << done.error().to_string();
  }
  /// Everything that the record holds.
  Dump dump(std::string_view kind, std::string_view id) const {
    Dump found;
    EXPECT_TRUE(db_.view([&](const metadata::ReadTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(tx, kNs, {kind, id}));
      dump_into(*record, "", found);
      return {};
    }));
    return found;
  }

  test::TempDir dir_;
  metadata::Db db_ = metadata::Db::open(dir_.path() / "metadata").value();
};

/// An image that only a reference keeps from the collector.
inline images::Image expired_image(std::string name) {
  return {std::move(name),
          {"application/vnd.oci.image.manifest.v1+json", Digest::of("manifest"), 8},
          {{std::string(metadata::kGcExpireLabel), "2000-01-01T00:00:00Z"}}};
}

template <class T>
Errc code(const Result<T>& result) {
  return result ? Errc{} : result.error().code();
}

}  // namespace bayplan::containers
