// What is a root, and what keeps what, over records of every kind: core/metadata/gc_test.go by name.
#include "real_store.h"

namespace bayplan::test {
namespace {

const std::string kExpire(metadata::kGcExpireLabel);
const std::string kRoot(metadata::kGcRootLabel);
const std::string kContent = "containerd.io/gc.ref.content";
const std::string kSnapshot = "containerd.io/gc.ref.snapshot.native";
const std::string kImage = "containerd.io/gc.ref.image";
const std::string kBack = "containerd.io/gc.bref.";
const std::string kCondition = "containerd.io/gc.cond.snapshot.native";
const std::string kUsedAt = "containerd.io/gc.cond.value-usedat";
const std::string kFlat(metadata::leases::kFlatLabel);

class ContainerdGc : public RealStore {
 protected:
  template <class Visit>
  void for_each_object(Visit visit) {
    for (const std::string ns : {"ns1", "ns2", "ns3", "ns4"}) {
      for (const metadata::GcKind* kind : kinds()) {
        for (const auto& node : Telling::all(db(), *kind, ns).value().objects) visit(*kind, node);
      }
    }
  }
  static std::string words(const metadata::GcNode& node) {
    return node.ns + " " + node.kind + " " + node.key;
  }
  Result<void> try_remove(const metadata::GcKind& kind, const metadata::GcNode& node) {
    return db().update([&](metadata::WriteTx& tx) { return kind.remove(tx, node); });
  }

  /// Edges of the objects that begin with `from`, without it.
  std::set<std::string> edges_of(const std::string& from) const {
    std::set<std::string> found;
    for (const std::string& edge : told().edges) {
      if (edge.starts_with(from + " -> ")) found.insert(edge.substr(from.size() + 4));
    }
    return found;
  }

  void make_images() {
    image("ns1", "image1", "one");
    image("ns1", "image2", "two", {{kSnapshot, "sn2"}});
    image("ns1", "expired", "three", {{kExpire, an_hour_ago()}});
    image("ns1", "expires", "three", {{kExpire, in_an_hour()}});
    image("ns1", "unreadable", "three", {{kExpire, "soon"}});
    image("ns2", "image1", "one");
    image("ns3", "expired", "one", {{kExpire, an_hour_ago()}});
  }
  void make_blobs_and_layers() {
    for (const std::string ns : {"ns1", "ns2", "ns3", "ns4"}) {
      for (const std::string bytes : {"one", "two", "three"}) blob(ns, bytes);
      layer(ns, "sn1");
      layer(ns, "sn2", "sn1");
      active(ns, "sn3", "sn2");
    }
    blob("ns1", "kept", {{kRoot, "always"}});
    blob("ns1", "kept by a prefix", {{kRoot + "-or-so", "2026-01-01"}});
    blob("ns2", "refers", {{kContent, digest("one")}});
    layer("ns1", "kept", "", {{kRoot, "always"}});
    layer("ns4", "refers", "", {{kSnapshot, "sn1"}});
  }
  void make_leases() {
    lease("ns1", "live", {},
          {{"content", digest("one")}, {"snapshots/native", "sn3"}, {"images", "expired"}});
    lease(
        "ns2", "flat", {{kFlat, "yes"}},
        {{"content", digest("two")}, {"snapshots/native", "sn2"}, {"images", "image1"}, {"ingests", "held"}});
    lease("ns3", "expired", {{kExpire, an_hour_ago()}}, {{"content", digest("one")}});
    lease("ns3", "expires", {{kExpire, in_an_hour()}}, {{"content", digest("two")}});
    lease("ns3", "unreadable", {{kExpire, "not now"}}, {{"snapshots/native", "sn1"}});
    ingest("ns2", "held", "one", "flat");
    ingest("ns2", "young");
    ingest("ns2", "old", "two");
    expire_ingest("ns2", "old");
  }
  void make_containers() {
    container("ns1", "c1", "sn3");
    container("ns1", "c2", "", {{kContent + ".0", digest("two")}, {kImage, "image1"}});
    sandbox("ns1", "s1", {{kSnapshot, "sn1"}, {kContent, digest("three")}, {kImage + ".x", "image2"}});
    sandbox("ns4", "s1", {{"app", "x"}});
  }
};

// In containerd what a live lease or a sandbox names is a root; here they themselves are, which lead there.
TEST_F(ContainerdGc, TestGCRoots) {
  make_blobs_and_layers();
  make_images();
  make_leases();
  make_containers();
  EXPECT_GE(told().objects.size(), 40u);
  EXPECT_EQ(told().roots,
            (std::set<std::string>{"ns1 container c1", "ns1 container c2", "ns1 content kept",
                                   "ns1 content kept by a prefix", "ns1 image expires", "ns1 image image1",
                                   "ns1 image image2", "ns1 image unreadable", "ns1 lease live",
                                   "ns1 sandbox s1", "ns1 snapshot native/kept", "ns2 image image1",
                                   "ns2 ingest young", "ns2 lease flat", "ns3 lease expires",
                                   "ns3 lease unreadable", "ns4 sandbox s1"}));
  EXPECT_EQ(edges_of("ns1 lease live"),
            (std::set<std::string>{"content one", "image expired", "snapshot native/sn3"}));
  EXPECT_EQ(edges_of("ns2 lease flat"),
            (std::set<std::string>{"content two flat", "image image1 flat", "ingest held flat",
                                   "snapshot native/sn2 flat"}));
  EXPECT_EQ(edges_of("ns3 lease expires"), (std::set<std::string>{"content two"}));
  EXPECT_EQ(edges_of("ns1 sandbox s1"),
            (std::set<std::string>{"content three", "image image2", "snapshot native/sn1"}));
}

// What an object lies under stays until that is gone: containerd's would leave a snapshot without parent.
TEST_F(ContainerdGc, TestGCRemove) {
  make_blobs_and_layers();
  make_images();
  make_leases();
  expect_dangling();
  std::set<std::string> left;
  std::size_t removed = 0;
  bool remove = false;
  for_each_object([&](const metadata::GcKind& kind, const metadata::GcNode& node) {
    remove = !remove;
    const auto gone = remove ? try_remove(kind, node) : Error(Errc::in_use, "test", {});
    if (!gone) {
      EXPECT_EQ(gone.error().code(), Errc::in_use);
      left.insert(words(node));
      return;
    }
    ++removed;
    const auto again = try_remove(kind, node);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), Errc::not_found) << words(node);
  });
  EXPECT_GE(removed, 15u);
  std::set<std::string> found;
  for_each_object([&](const metadata::GcKind&, const metadata::GcNode& node) { found.insert(words(node)); });
  EXPECT_EQ(found, left);
  metadata::collect(db(), kinds(), {}, {}).value();  // and the rest can be collected
}

TEST_F(ContainerdGc, TestGCRefs) {
  expect_dangling();
  const std::string recent = format_rfc3339(now() - std::chrono::minutes(30));
  for (const std::string bytes : {"one", "two", "six"}) blob("ns1", bytes);
  layer("ns1", "sn1");
  layer("ns1", "sn2", "sn1", {{kUsedAt, recent}, {kSnapshot, "sn9"}});
  layer("ns2", "sn2");
  const Labels references{{kContent, digest("one")},
                          {kContent + ".config", digest("two")},
                          {kContent + "/m.0", digest("six")},
                          {kContent + "bad", digest("four")},
                          {kSnapshot, "sn1"},
                          {kSnapshot + "/anything", "sn2"},
                          {kImage, "image1"},
                          {kImage + ".x", "image2"},
                          {kImage + "bad", "image3"},
                          {"containerd.io/gc.ref.lease", "none"}};
  const std::set<std::string> named{"content one",        "content two",  "content six",
                                    "image image1",       "image image2", "snapshot native/sn1",
                                    "snapshot native/sn2"};
  blob("ns1", "names", references);
  active("ns1", "names", "", references);
  container("ns1", "names", "", references);
  sandbox("ns1", "names", references);
  EXPECT_EQ(edges_of("ns1 content names"), named);
  EXPECT_EQ(edges_of("ns1 snapshot native/names"), named);
  EXPECT_EQ(edges_of("ns1 container names"), named);
  EXPECT_EQ(edges_of("ns1 sandbox names"), named);
  EXPECT_EQ(edges_of("ns1 snapshot native/sn2"),
            (std::set<std::string>{"snapshot native/sn1", "snapshot native/sn9"}));

  image("ns1", "image1", "one", {{kSnapshot, "sn1"}});
  image("ns1", "expired", "one", {{kExpire, an_hour_ago()}, {kBack + "container", "c1"}});
  EXPECT_EQ(edges_of("ns1 image image1"), (std::set<std::string>{"content one", "snapshot native/sn1"}));
  EXPECT_EQ(edges_of("ns1 image expired"), (std::set<std::string>{"container c1 back", "content one"}));

  container("ns1", "c1", "sn2");
  EXPECT_EQ(edges_of("ns1 container c1"), (std::set<std::string>{"snapshot native/sn2"}));
  ingest("ns1", "in", "one");
  EXPECT_EQ(edges_of("ns1 ingest in"), (std::set<std::string>{"content one"}));

  blob("ns1", "follows",
       {{kBack + "container.a", "c1"},
        {kBack + "content", digest("one")},
        {kBack + "image/b", "image1"},
        {kBack + "snapshot.native/c", "sn1"},
        {kBack + "contentbad", digest("two")}});
  EXPECT_EQ(edges_of("ns1 content follows"),
            (std::set<std::string>{"container c1 back", "content one back", "image image1 back",
                                   "snapshot native/sn1 back"}));

  blob("ns1", "fresh", {{kCondition, "usedat<2h|sn2"}});
  blob("ns1", "either", {{kCondition + "/x", "usedat>90d,usedat<1h|sn2"}});
  blob("ns1", "stale", {{kCondition, "usedat<10m|sn2"}});
  blob("ns1", "other", {{kCondition, "usedat=2h|sn2"}, {kCondition + "/unused", "usedat<2h|sn1"}});
  blob("ns2", "fresh", {{kCondition, "usedat<2h|sn2"}});  // that sn2 has no such label
  EXPECT_EQ(edges_of("ns1 content fresh"), (std::set<std::string>{"snapshot native/sn2"}));
  EXPECT_EQ(edges_of("ns1 content either"), (std::set<std::string>{"snapshot native/sn2"}));
  EXPECT_EQ(edges_of("ns1 content stale"), std::set<std::string>{});
  EXPECT_EQ(edges_of("ns1 content other"), std::set<std::string>{});
  EXPECT_EQ(edges_of("ns2 content fresh"), std::set<std::string>{});
}

// There it is the bit of a number that says flat. Here: what is reached flat and fully counts fully,
// whichever came first, and in another namespace, or the next time, nothing of that is left.
TEST_F(ContainerdGc, TestResourceMax) {
  for (const std::string ns : {"ns1", "ns2", "ns3", "ns4"}) {
    blob(ns, "config");
    blob(ns, "manifest", {{kContent + ".config", digest("config")}});
    image(ns, "image", "manifest", {{kExpire, an_hour_ago()}});
  }
  const std::vector<metadata::leases::Resource> image{{"images", "image"}};
  lease("ns1", "a", {{kFlat, "yes"}}, image);
  lease("ns1", "z", {}, image);
  lease("ns2", "a", {}, image);
  lease("ns2", "z", {{kFlat, "yes"}}, image);
  lease("ns3", "a", {{kFlat, "yes"}}, image);
  EXPECT_EQ(collected(), (std::set<std::string>{"ns3 content config", "ns4 content config",
                                                "ns4 content manifest", "ns4 image image"}));
  EXPECT_EQ(collected(), std::set<std::string>{});
  update([&](auto& tx) -> Result<void> {
    BAYPLAN_TRY(metadata::leases::remove(tx, "ns2", "a"));
    return metadata::leases::remove(tx, "ns1", "z");
  });
  EXPECT_EQ(collected(), (std::set<std::string>{"ns1 content config", "ns2 content config"}));
}

}  // namespace
}  // namespace bayplan::test
