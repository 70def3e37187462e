// A store with objects of every kind that the library has, and short words for what the tests do with it.
// Blobs go by their bytes: "one" is the blob of those three.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bayplan/containers/containers.h"
#include "bayplan/containers/sandboxes.h"
#include "bayplan/content/ingests.h"
#include "bayplan/images/images.h"
#include "bayplan/images/store.h"
#include "bayplan/metadata/check.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "support/gc_telling.h"
#include "support/temp_dir.h"

namespace bayplan::test {

/// A label's value that refers to a blob.
inline std::string digest(std::string_view bytes) { return Digest::of(bytes).to_string(); }

/// Values of containerd.io/gc.expire.
inline std::string an_hour_ago() { return format_rfc3339(now() - std::chrono::hours(1)); }
inline std::string in_an_hour() { return format_rfc3339(now() + std::chrono::hours(1)); }

/// All that is told of every kind in every namespace, in words: "ns kind key" of an object, "FROM -> kind
/// key" of an edge, behind which stand "back" and "flat".
struct Told {
  std::set<std::string> objects{};
  std::set<std::string> roots{};
  std::set<std::string> edges{};
};

class Words final : public metadata::GcSink {
 public:
  Words(std::string_view kind, std::string_view ns, const std::map<std::string, std::string>& blobs,
        Told& told)
      : subject_(std::string(ns) + " " + std::string(kind) + " "), blobs_(blobs), told_(told) {}

  Result<void> object(const metadata::GcObject& object) override {
    object_ = subject_ + name(object.key);
    told_.objects.insert(object_);
    if (object.root) told_.roots.insert(object_);
    return {};
  }
  Result<void> edge(const metadata::GcEdge& edge) override {
    std::string words = object_ + " -> " + std::string(edge.kind) + " " + name(edge.key);
    if (edge.type == metadata::EdgeType::back) words += " back";
    if (edge.flat) words += " flat";
    told_.edges.insert(words);
    return {};
  }

 private:
  std::string name(std::string_view key) const {
    const auto blob = blobs_.find(std::string(key));
    return blob == blobs_.end() ? std::string(key) : blob->second;
  }
  std::string subject_;
  std::string object_{};
  const std::map<std::string, std::string>& blobs_;
  Told& told_;
};

class RealStore : public testing::Test {
 protected:
  void TearDown() override {
    if (!consistent_) return;
    for (const auto& problem : metadata::check(db(), kinds()).value().problems)
      ADD_FAILURE() << problem.object.key << ": " << problem.what;
  }

  const metadata::Db& db() const { return store_.db(); }
  images::Store& store() { return store_; }
  std::filesystem::path path() const { return dir_.path() / "store"; }
  virtual std::vector<const metadata::GcKind*> kinds() const {
    auto kinds = store_.gc_kinds();
    kinds.push_back(&containers::container_gc_kind());
    kinds.push_back(&containers::sandboxes::gc_kind());
    return kinds;
  }

  /// Runs `body(tx)`, whose errors fail the test by a throw.
  template <class F>
  auto update(F body) {
    return db().update(body).value();
  }

  void blob(std::string_view ns, const std::string& bytes, const Labels& labels = {}) {
    auto ingest = store_.blobs().ingest().value();
    ingest.write(std::as_bytes(std::span(bytes))).value();
    auto ready = std::move(ingest).finish().value();
    name(bytes);
    update([&](auto& tx) { return content::add(tx, ns, std::move(ready), labels, metadata::referred()); });
  }
  /// `target` need not exist.
  void image(std::string_view ns, const std::string& key, const std::string& target,
             const Labels& labels = {}) {
    name(target);
    const Descriptor descriptor{"application/vnd.oci.image.manifest.v1+json", Digest::of(target),
                                target.size()};
    update([&](auto& tx) { return images::create(tx, ns, {key, descriptor, labels}); });
  }
  void layer(std::string_view ns, const std::string& key, const std::string& parent = {},
             const Labels& labels = {}) {
    auto stage = staged(ns, parent);
    store_.snapshotter().sync().value();
    update([&](auto& tx) {
      return store_.snapshotter().add_committed(tx, ns, key, parent, std::move(stage), {}, labels,
                                                metadata::referred());
    });
  }
  void active(std::string_view ns, const std::string& key, const std::string& parent = {},
              const Labels& labels = {}) {
    auto stage = staged(ns, parent);
    update([&](auto& tx) {
      return store_.snapshotter().prepare(tx, ns, key, std::move(stage), labels, metadata::referred());
    });
  }
  /// Of the native snapshot `snapshot`, if it is named; that need not exist.
  void container(std::string_view ns, const std::string& id, const std::string& snapshot = {},
                 const Labels& labels = {}) {
    containers::Container record;
    record.id = id;
    record.spec = "{}";
    record.labels = labels;
    record.snapshot_key = snapshot;
    if (!snapshot.empty()) record.snapshotter = "native";
    update([&](auto& tx) { return containers::create(tx, ns, record); });
  }
  void sandbox(std::string_view ns, const std::string& id, const Labels& labels) {
    containers::sandboxes::Sandbox record;
    record.id = id;
    record.labels = labels;
    update([&](auto& tx) { return containers::sandboxes::create(tx, ns, record); });
  }
  void lease(std::string_view ns, const std::string& id, const Labels& labels,
             const std::vector<metadata::leases::Resource>& resources) {
    update([&](auto& tx) -> Result<void> {
      metadata::leases::CreateOptions options;
      options.id = id;
      options.labels = labels;
      BAYPLAN_TRY(metadata::leases::create(tx, ns, options));
      for (const auto& resource : resources)
        BAYPLAN_TRY(metadata::leases::add_resource(tx, ns, id, resource));
      return {};
    });
  }
  void ingest(std::string_view ns, const std::string& ref, const std::string& expected = {},
              const std::string& lease = {}) {
    std::optional<Digest> digest;
    if (!expected.empty()) digest = Digest::of(expected);
    update([&](auto& tx) { return content::ingests::start(tx, ns, ref, digest, lease); });
  }
  void expire_ingest(std::string_view ns, const std::string& ref) {
    update([&](auto& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(tx, ns, {"content", "ingests", ref}));
      return record->put("expireat", metadata::codec::encode_time(now() - std::chrono::hours(1)));
    });
  }
  /// There are references to what does not exist: no check at the end.
  void expect_dangling() { consistent_ = false; }

  Told told() const {
    Told told;
    db().view([&](const metadata::ReadTx& tx) -> Result<void> {
          BAYPLAN_ASSIGN(const auto spaces, metadata::list_namespaces(tx));
          for (const auto& ns : spaces) {
            for (const metadata::GcKind* kind : kinds()) {
              Words words(kind->kind(), ns, blobs_, told);
              BAYPLAN_TRY(kind->scan(tx, ns, words));
            }
          }
          return {};
        })
        .value();
    return told;
  }
  metadata::GcReport collect() { return metadata::collect(db(), kinds(), {}, {}).value(); }
  /// What a collection takes, in words.
  std::set<std::string> collected() {
    const auto before = told().objects;
    collect();
    const auto after = told().objects;
    std::set<std::string> gone;
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                        std::inserter(gone, gone.end()));
    return gone;
  }

 private:
  snapshots::Stage staged(std::string_view ns, const std::string& parent) {
    return db()
        .view([&](const metadata::ReadTx& tx) { return store_.snapshotter().stage(tx, ns, parent); })
        .value();
  }
  void name(const std::string& bytes) { blobs_[digest(bytes)] = bytes; }

  TempDir dir_;
  images::Store store_ = images::Store::open(path(), {.snapshotter = "native"}).value();
  std::map<std::string, std::string> blobs_{};  // bytes by digest
  bool consistent_ = true;
};

}  // namespace bayplan::test
