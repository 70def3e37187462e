#include "gc_kind.h"

#include <gmock/gmock.h>

#include "bayplan/metadata/gc.h"
#include "snapshot_store.h"
#include "support/gc_telling.h"

namespace bayplan::snapshots {
namespace {

using metadata::GcNode;
using test::removed_nodes;
using test::Telling;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

GcNode node(const std::string& key) { return {"snapshot", "default", "overlay/" + key}; }

class SnapshotGc : public testing::Test {
 protected:
  const metadata::GcKind& kind() { return store.snapshotter().gc_kind(); }
  Telling told() { return Telling::all(store.db(), kind(), "default").value(); }
  std::vector<GcNode> roots() { return told().roots; }
  std::vector<GcNode> candidates() { return told().collectable; }
  std::vector<GcNode> edges(const GcNode& from) {
    return Telling::one(store.db(), kind(), from.ns, from.key).value().edges;
  }
  Result<metadata::GcReport> collect(bool dry_run = false) {
    const std::vector<const metadata::GcKind*> kinds{&kind()};
    return metadata::collect(store.db(), kinds, {.dry_run = dry_run}, {});
  }
  Result<void> prepare(Snapshotter& snapshotter, const std::string& key, const Labels& labels) {
    auto stage =
        store.db().view([&](const metadata::ReadTx& tx) { return snapshotter.stage(tx, "default", ""); });
    if (!stage) return std::move(stage).error();
    return store.db().update([&](metadata::WriteTx& tx) {
      return snapshotter.prepare(tx, "default", key, std::move(*stage), labels, metadata::referred());
    });
  }

  SnapshotStore store{"overlay"};
};

TEST_F(SnapshotGc, roots_are_labelled) {
  ASSERT_EQ(words(store.prepare("root", "", {{"containerd.io/gc.root", "x"}})), "");
  ASSERT_EQ(words(store.prepare("plain", "", {{"containerd.io/other", "x"}})), "");
  EXPECT_THAT(roots(), ElementsAre(node("root")));
  EXPECT_THAT(candidates(), UnorderedElementsAre(node("root"), node("plain")));
}

TEST_F(SnapshotGc, edges_are_the_parent_and_labels) {
  ASSERT_EQ(words(store.commit_empty("base/with/slashes")), "");
  ASSERT_EQ(words(store.prepare("key", "base/with/slashes",
                                {{"containerd.io/gc.ref.content", "sha256:ab"},
                                 {"containerd.io/gc.ref.snapshot.native", "other"}})),
            "");
  EXPECT_THAT(edges(node("key")),
              UnorderedElementsAre(node("base/with/slashes"), GcNode{"content", "default", "sha256:ab"},
                                   GcNode{"snapshot", "default", "native/other"}));
  EXPECT_THAT(edges(node("base/with/slashes")), IsEmpty());
  EXPECT_THAT(edges(node("absent")), IsEmpty());
  EXPECT_THAT(edges({"snapshot", "default", "malformed"}), IsEmpty());
}

TEST_F(SnapshotGc, a_collection_takes_what_no_root_reaches_with_its_files) {
  ASSERT_EQ(words(store.commit_empty("base")), "");
  ASSERT_EQ(words(store.commit_empty("used", "base")), "");
  ASSERT_EQ(words(store.commit_empty("unused", "base")), "");
  ASSERT_EQ(words(store.prepare("leaf", "unused")), "");
  ASSERT_EQ(words(store.set_labels("used", {{"containerd.io/gc.root", "x"}})), "");
  write_file(store.directory(store.stat("leaf")->directory) / "fs/file", "x");
  const auto dry = collect(true);
  ASSERT_EQ(words(dry), "");
  EXPECT_THAT(removed_nodes(*dry), ElementsAre(node("leaf"), node("unused")));
  EXPECT_THAT(store.keys(), SizeIs(4));
  const auto report = collect();
  ASSERT_EQ(words(report), "");
  EXPECT_THAT(removed_nodes(*report), ElementsAre(node("leaf"), node("unused")));
  EXPECT_EQ(report->files.files, 2u);
  EXPECT_GT(report->files.bytes, 0u);
  EXPECT_THAT(store.keys(), ElementsAre("base", "used"));
  EXPECT_THAT(store.directories(), SizeIs(2));
  EXPECT_THAT(store.problems(), IsEmpty());
  // The link of what went must not stand in the way of an ordinary removal.
  EXPECT_EQ(outcome(store.remove("used")), "ok");
  EXPECT_EQ(outcome(store.remove("base")), "ok");
}

TEST_F(SnapshotGc, a_parent_that_sorts_before_its_child_goes_too) {
  ASSERT_EQ(words(store.commit_empty("a")), "");
  ASSERT_EQ(words(store.commit_empty("b", "a")), "");
  ASSERT_EQ(words(store.commit_empty("c", "b")), "");
  const auto report = collect();
  ASSERT_EQ(words(report), "");
  EXPECT_THAT(report->removed, SizeIs(3));
  EXPECT_THAT(store.keys(), IsEmpty());
  EXPECT_THAT(store.directories(), IsEmpty());
}

TEST_F(SnapshotGc, what_the_snapshots_of_another_snapshotter_refer_to_stays_with_them) {
  auto native = Snapshotter::open(store.root() / "snapshots", "native");
  ASSERT_EQ(words(native), "");
  ASSERT_EQ(words(store.prepare("needed")), "");
  ASSERT_EQ(words(prepare(*native, "other", {{"containerd.io/gc.ref.snapshot.overlay", "needed"}})), "");
  const auto report = collect();
  ASSERT_EQ(words(report), "");
  EXPECT_THAT(removed_nodes(*report), IsEmpty());
  const std::vector<const metadata::GcKind*> kinds{&kind()};
  const auto why = store.db().view(
      [&](const metadata::ReadTx& tx) { return metadata::why(tx, kinds, node("needed"), 1, {}); });
  ASSERT_THAT(why->chains, SizeIs(1));
  EXPECT_EQ(why->chains.front().front().why, "of no kind that is collected here");
}

TEST_F(SnapshotGc, two_snapshotters_in_one_collection) {
  auto native = Snapshotter::open(store.root() / "snapshots", "native");
  ASSERT_EQ(words(native), "");
  ASSERT_EQ(words(prepare(*native, "kept", {})), "");
  ASSERT_EQ(words(store.prepare("unused")), "");
  ASSERT_EQ(
      words(store.prepare(
          "root", "", {{"containerd.io/gc.root", "x"}, {"containerd.io/gc.ref.snapshot.native", "kept"}})),
      "");
  const std::vector<const metadata::GcKind*> kinds{&kind(), &native->gc_kind()};
  const auto report = metadata::collect(store.db(), kinds, {}, {});
  ASSERT_EQ(words(report), "");
  EXPECT_THAT(removed_nodes(*report), ElementsAre(node("unused")));
}

}  // namespace
}  // namespace bayplan::snapshots
