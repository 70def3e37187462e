// Image records in a fresh database.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "bayplan/images/images.h"
#include "bayplan/metadata/db.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "support/temp_dir.h"
#include "unit/images/outcome.h"

namespace bayplan::images {

class ImageDbTest : public testing::Test {
 protected:
  static constexpr std::string_view kNs = "default";

  static Image image(std::string_view name, Labels labels = {}, std::string_view content = "manifest") {
    return {std::string(name),
            {"application/vnd.oci.image.manifest.v1+json", Digest::of(content), content.size()},
            std::move(labels)};
  }

  Result<void> create(const Image& image, std::string_view ns = kNs) {
    return db_.update([&](metadata::WriteTx& tx) { return images::create(tx, ns, image); });
  }
  Result<Image> update(const Image& image, std::string_view ns = kNs, const FieldMask& mask = {}) {
    return db_.update([&](metadata::WriteTx& tx) { return images::update(tx, ns, image, mask); });
  }
  Result<void> remove(std::string_view name, std::string_view ns = kNs,
                      const std::optional<Digest>& target = {}) {
    return db_.update([&](metadata::WriteTx& tx) { return images::remove(tx, ns, name, target); });
  }
  Result<Image> get(std::string_view name, std::string_view ns = kNs) {
    return db_.view([&](const metadata::ReadTx& tx) { return images::get(tx, ns, name); });
  }
  std::vector<std::string> names(std::string_view ns = kNs) {
    std::vector<std::string> names;
    const auto walked = db_.view([&](const metadata::ReadTx& tx) {
      return walk(tx, ns, [&](const ImageView& image) -> Result<void> {
        names.emplace_back(image.name);
        return {};
      });
    });
    EXPECT_EQ(test::outcome(walked), "ok");
    return names;
  }

  /// Runs `change(bucket)` on the stored bucket of an image, to damage it.
  template <class F>
  void damage(std::string_view name, F change) {
    const auto changed = db_.update([&](metadata::WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record,
                     metadata::open_namespace_bucket(tx, kNs, {metadata::schema::kImages, name}));
      return change(*record);
    });
    ASSERT_EQ(test::outcome(changed), "ok");
  }

  test::TempDir dir_;
  metadata::Db db_ = metadata::Db::open(dir_.path() / "metadata").value();
};

}  // namespace bayplan::images
