// An embedder's own kind beside those of the library: core/metadata/gc_test.go, TestCollectibleResources and
// TestCollectionWithReferences, by name.
#include "real_store.h"

namespace bayplan::test {
namespace {

/// mounts/<id> of a namespace, with labels; what has a value "active" is a root.
class MountKind final : public metadata::GcKind {
 public:
  std::string_view kind() const override { return "mount"; }

  Result<void> scan(const metadata::BucketSource& source, std::string_view ns,
                    metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto mounts, metadata::namespace_bucket(source, ns, {"mounts"}));
    if (!mounts) return {};
    return mounts->for_each_bucket(
        [&](std::string_view id, const metadata::Bucket& record) { return tell(ns, id, record, sink); });
  }
  Result<void> look(const metadata::BucketSource& source, std::string_view ns, std::string_view id,
                    metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {"mounts", id}));
    return record ? tell(ns, id, *record, sink) : Result<void>{};
  }
  Result<void> remove(metadata::WriteTx& tx, const metadata::GcNode& node) const override {
    BAYPLAN_ASSIGN(auto mounts, metadata::open_namespace_bucket(tx, node.ns, {"mounts"}));
    if (!mounts) return Error(Errc::not_found, kind(), node.key);
    return mounts->delete_bucket(node.key);
  }
  Result<void> check(const metadata::BucketSource&, std::string_view,
                     const metadata::ProblemSink&) const override {
    return {};
  }

 private:
  static Result<void> tell(std::string_view ns, std::string_view id, const metadata::Bucket& record,
                           metadata::GcSink& sink) {
    BAYPLAN_ASSIGN(const auto active, record.get("active"));
    BAYPLAN_TRY(sink.object({.key = id, .root = active.has_value(), .reason = active ? "active" : ""}));
    BAYPLAN_ASSIGN(const auto layer, record.get("layer"));
    if (layer) BAYPLAN_TRY(sink.edge({.kind = "snapshot", .key = *layer, .why = "layer"}));
    return metadata::label_edges(ns, record, sink);
  }
};

class OwnKind : public RealStore {
 protected:
  std::vector<const metadata::GcKind*> kinds() const override {
    auto kinds = RealStore::kinds();
    kinds.push_back(&mounts_);
    return kinds;
  }
  void mount(std::string_view ns, std::string_view id, bool active, const Labels& labels = {},
             std::string_view layer = {}) {
    update([&](metadata::WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record, metadata::create_namespace_bucket(tx, ns, {"mounts", id}));
      if (active) BAYPLAN_TRY(record.put("active", ""));
      if (!layer.empty()) BAYPLAN_TRY(record.put("layer", layer));
      BAYPLAN_ASSIGN(auto bucket, record.create_bucket("labels"));
      for (const auto& [key, value] : labels) BAYPLAN_TRY(bucket.put(key, value));
      return metadata::note_change(tx, "mount", ns, id, metadata::Change::created);
    });
  }

  MountKind mounts_{};
};

// Leases list objects of the library alone (leases::Resource); what an embedder's lease keeps, its kind tells
// as a root or by a back reference.
TEST_F(OwnKind, TestCollectibleResources) {
  active("ns1", "kept", "", {{std::string(metadata::kGcRootLabel), "always"}});
  active("ns1", "leased");
  lease("ns1", "lease", {}, {{"snapshots/native", "leased"}});
  container("ns1", "c1", "kept");
  mount("ns1", "active", true);
  mount("ns1", "idle", false);
  mount("ns1", "of a leased snapshot", false, {{"containerd.io/gc.bref.snapshot.native", "leased"}});
  mount("ns1", "of a container", false, {{"containerd.io/gc.bref.container", "c1"}});
  mount("ns1", "of nothing", false, {{"containerd.io/gc.bref.container", "c2"}});
  mount("ns2", "of another's container", false, {{"containerd.io/gc.bref.container", "c1"}});
  EXPECT_EQ(collected(), (std::set<std::string>{"ns1 mount idle", "ns1 mount of nothing",
                                                "ns2 mount of another's container"}));
  update([&](auto& tx) -> Result<void> {
    BAYPLAN_TRY(metadata::leases::remove(tx, "ns1", "lease"));
    return containers::remove(tx, "ns1", "c1");
  });
  EXPECT_EQ(collected(), (std::set<std::string>{"ns1 mount of a container", "ns1 mount of a leased snapshot",
                                                "ns1 snapshot native/leased"}));
}

TEST_F(OwnKind, TestCollectionWithReferences) {
  const Labels to_blob{{"containerd.io/gc.ref.content.x", digest("mounted")}};
  blob("ns1", "mounted");
  blob("ns1", "idle");
  blob("ns2", "mounted");
  layer("ns1", "base");
  active("ns1", "top", "base");
  active("ns1", "other");
  image("ns1", "image", "mounted");
  const auto before = RealStore::kinds();
  mount("ns1", "active", true, to_blob, "native/top");
  mount("ns1", "idle", false, {{"containerd.io/gc.ref.content", digest("idle")}}, "native/other");
  EXPECT_EQ(collected(), (std::set<std::string>{"ns1 content idle", "ns1 mount idle",
                                                "ns1 snapshot native/other", "ns2 content mounted"}));
  // Whoever collects without that kind takes what it alone kept, and nothing that others keep.
  const auto report = metadata::collect(db(), before, {.dry_run = true}, {}).value();
  EXPECT_EQ(removed_nodes(report), (std::vector<metadata::GcNode>{{"snapshot", "ns1", "native/base"},
                                                                  {"snapshot", "ns1", "native/top"}}));
}

}  // namespace
}  // namespace bayplan::test
