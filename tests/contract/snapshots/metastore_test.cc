// The cases of containerd's metastore for snapshots (core/snapshots/storage), by its names.
#include "snapshotter_contract.h"

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Metastore : public SnapshotterContract {
 protected:
  /// Chain "one" <- "two", active "active" over "two", active "alone" over nothing, view "view" over "two".
  void populate() {
    ASSERT_EQ(words(store.commit_empty("one")), "");
    ASSERT_EQ(words(store.commit_empty("two", "one")), "");
    ASSERT_EQ(words(store.prepare("active", "two", {{"k", "v"}})), "");
    ASSERT_EQ(words(store.prepare("alone")), "");
    ASSERT_EQ(words(store.view("view", "two")), "");
  }
  Result<void> rebase(const std::string& name, const std::string& key, const std::string& parent) {
    BAYPLAN_ASSIGN(const Sealed sealed, store.seal(key));
    return store.db().update([&](metadata::WriteTx& tx) {
      return store.snapshotter().commit(tx, store.kNs, name, key, sealed, {}, metadata::referred(), parent);
    });
  }
};

INSTANTIATE_TEST_SUITE_P(Drivers, Metastore, every_driver(), driver_name);

TEST_P(Metastore, GetInfo) {
  populate();
  EXPECT_EQ(store.stat("one")->kind, Kind::committed);
  EXPECT_EQ(store.stat("one")->parent, "");
  EXPECT_EQ(store.stat("two")->parent, "one");
  EXPECT_EQ(store.stat("active")->kind, Kind::active);
  EXPECT_EQ(store.stat("active")->parent, "two");
  EXPECT_EQ(store.stat("active")->labels, (Labels{{"k", "v"}}));
  EXPECT_EQ(store.stat("view")->kind, Kind::view);
}

TEST_P(Metastore, GetInfoNotExist) {
  populate();
  EXPECT_EQ(outcome(store.stat("absent")), "not_found");
  EXPECT_EQ(outcome(store.set_labels("absent", {})), "not_found");
  EXPECT_EQ(outcome(store.usage("absent")), "not_found");
}

TEST_P(Metastore, GetInfoEmptyDB) {
  EXPECT_EQ(outcome(store.stat("absent")), "not_found");
  EXPECT_EQ(outcome(store.set_labels("absent", {})), "not_found");
  EXPECT_EQ(outcome(store.usage("absent")), "not_found");
  EXPECT_EQ(outcome(store.remove("absent")), "not_found");
  EXPECT_EQ(outcome(store.commit("name", "absent")), "not_found");
}

TEST_P(Metastore, Walk) {
  EXPECT_THAT(store.keys(), IsEmpty());
  populate();
  EXPECT_THAT(store.keys(), ElementsAre("active", "alone", "one", "two", "view"));
}

TEST_P(Metastore, GetSnapshot) {
  populate();
  EXPECT_EQ(store.mounts("active")->size(), 1u);
  EXPECT_EQ(store.mounts("view")->size(), 1u);
  EXPECT_EQ(store.mounts("alone")->front().type, "bind");
}

TEST_P(Metastore, GetSnapshotNotExist) {
  populate();
  EXPECT_EQ(outcome(store.mounts("absent")), "not_found");
}

TEST_P(Metastore, GetSnapshotCommitted) {
  populate();
  EXPECT_EQ(outcome(store.mounts("two")), "failed_precondition");
}

TEST_P(Metastore, GetSnapshotEmptyDB) { EXPECT_EQ(outcome(store.mounts("absent")), "not_found"); }

TEST_P(Metastore, CreateActive) {
  populate();
  std::set<std::string> directories;
  for (const std::string& key : store.keys()) directories.insert(store.stat(key)->directory);
  EXPECT_EQ(directories.size(), 5u) << "two snapshots share a directory";
  const std::string before = store.stat("active")->directory;
  ASSERT_EQ(words(store.commit("three", "active")), "");
  EXPECT_EQ(store.stat("three")->directory, before);
}

TEST_P(Metastore, CreateActiveNotExist) {
  EXPECT_EQ(outcome(store.prepare("key", "absent")), "not_found");
  EXPECT_EQ(outcome(store.view("key", "absent")), "not_found");
}

TEST_P(Metastore, CreateActiveExist) {
  populate();
  EXPECT_EQ(outcome(store.prepare("active", "two")), "already_exists");
  EXPECT_EQ(outcome(store.prepare("one")), "already_exists");
}

TEST_P(Metastore, CreateActiveFromActive) {
  populate();
  for (const char* const parent : {"active", "view"}) {
    EXPECT_EQ(outcome(store.prepare("key", parent)), "invalid_argument") << parent;
    EXPECT_EQ(outcome(store.view("key", parent)), "invalid_argument") << parent;
  }
}

TEST_P(Metastore, Commit) {
  populate();
  ASSERT_EQ(words(store.commit("three", "active")), "");
  EXPECT_EQ(outcome(store.stat("active")), "not_found");
  EXPECT_EQ(store.stat("three")->kind, Kind::committed);
  EXPECT_EQ(store.stat("three")->parent, "two");
  EXPECT_THAT(store.stat("three")->labels, IsEmpty()) << "the labels of the active one stay";
}

TEST_P(Metastore, CommitNotExist) {
  populate();
  EXPECT_EQ(outcome(store.commit("name", "absent")), "not_found");
}

TEST_P(Metastore, CommitExist) {
  populate();
  EXPECT_EQ(outcome(store.commit("two", "active")), "already_exists");
  EXPECT_EQ(outcome(store.commit("active", "active")), "already_exists");
  EXPECT_EQ(store.stat("active")->kind, Kind::active);
}

TEST_P(Metastore, CommitCommitted) {
  populate();
  EXPECT_EQ(outcome(store.commit("name", "two")), "failed_precondition");
}

TEST_P(Metastore, CommitViewFails) {
  populate();
  EXPECT_EQ(outcome(store.commit("name", "view")), "failed_precondition");
}

TEST_P(Metastore, Remove) {
  populate();
  for (const char* const key : {"active", "view", "alone", "two", "one"}) {
    EXPECT_EQ(words(store.remove(key)), "") << key;
  }
  EXPECT_THAT(store.keys(), IsEmpty());
}

TEST_P(Metastore, RemoveNotExist) {
  populate();
  EXPECT_EQ(outcome(store.remove("absent")), "not_found");
}

TEST_P(Metastore, RemoveWithChildren) {
  populate();
  EXPECT_EQ(outcome(store.remove("one")), "in_use");
  EXPECT_EQ(outcome(store.remove("two")), "in_use");
}

TEST_P(Metastore, ParentIDs) {
  if (std::string_view(GetParam()) != "overlay") GTEST_SKIP() << "only overlay mounts name the parents";
  populate();
  const std::string nearest = store.directory(store.stat("two")->directory) / "fs";
  const std::string farthest = store.directory(store.stat("one")->directory) / "fs";
  EXPECT_THAT(store.mounts("active")->front().options,
              testing::Contains("lowerdir=" + nearest + ":" + farthest));
}

// Five cases: onto a parent, onto the parent that it has, onto another, onto none that exists, onto one that
// is not committed.
TEST_P(Metastore, Rebase) {
  populate();
  EXPECT_EQ(outcome(rebase("name", "alone", "absent")), "not_found");
  EXPECT_EQ(outcome(rebase("name", "alone", "active")), "failed_precondition");
  EXPECT_EQ(outcome(rebase("name", "active", "one")), "invalid_argument");
  EXPECT_EQ(outcome(rebase("three", "active", "two")), "ok");
  if (std::string_view(GetParam()) == "native") {
    EXPECT_EQ(outcome(rebase("name", "alone", "two")), "unsupported") << "its tree lacks what the parent has";
    return;
  }
  { write_file(Mounted(store, "alone") / "file", "rebased"); }
  EXPECT_EQ(outcome(rebase("name", "alone", "two")), "ok");
  EXPECT_EQ(store.stat("name")->parent, "two");
  EXPECT_EQ(outcome(store.remove("two")), "in_use");
  layer("upper", "name", [](const auto& root) { EXPECT_EQ(read_file(root / "file"), "rebased"); });
}

}  // namespace
}  // namespace bayplan::snapshots
