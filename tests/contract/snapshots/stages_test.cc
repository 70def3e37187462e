// Stages and seals: what a transaction may make of a directory.
#include "snapshotter_contract.h"

namespace bayplan::snapshots {
namespace {

class Stages : public SnapshotterContract {};

INSTANTIATE_TEST_SUITE_P(Drivers, Stages, every_driver(), driver_name);

TEST_P(Stages, only_active_snapshots_are_sealed_and_committed) {
  ASSERT_EQ(words(store.view("view")), "");
  ASSERT_EQ(words(store.commit_empty("committed")), "");
  EXPECT_EQ(outcome(store.seal("view")), "failed_precondition");
  EXPECT_EQ(outcome(store.seal("committed")), "failed_precondition");
  EXPECT_EQ(outcome(store.seal("absent")), "not_found");
  const std::string directory = store.stat("view")->directory;
  const auto forced = store.db().update([&](metadata::WriteTx& tx) {
    return store.snapshotter().commit(tx, store.kNs, "name", "view", {"view", directory, {}}, {},
                                      metadata::referred());
  });
  EXPECT_EQ(outcome(forced), "failed_precondition");
}

TEST_P(Stages, commit_takes_only_what_was_sealed) {
  ASSERT_EQ(words(store.prepare("key")), "");
  const auto sealed = store.seal("key");
  ASSERT_EQ(words(sealed), "");
  ASSERT_EQ(words(store.remove("key")), "");
  ASSERT_EQ(words(store.prepare("key")), "");
  ASSERT_EQ(words(store.prepare("other")), "");
  const auto commit = [&](const std::string& key) {
    return store.db().update([&](metadata::WriteTx& tx) {
      return store.snapshotter().commit(tx, store.kNs, "name", key, *sealed, {}, metadata::referred());
    });
  };
  EXPECT_EQ(outcome(commit("key")), "conflict");
  EXPECT_EQ(outcome(commit("other")), "conflict");
  EXPECT_EQ(outcome(commit("absent")), "not_found");
  EXPECT_EQ(store.stat("key")->kind, Kind::active);
}

TEST_P(Stages, a_stage_whose_parent_changed_is_a_conflict) {
  ASSERT_EQ(words(store.commit_empty("parent")), "");
  auto replaced = store.stage("parent");
  auto gone = store.stage("parent");
  ASSERT_EQ(words(store.remove("parent")), "");
  const auto prepare = [&](Result<Stage>& stage) {
    return store.db().update([&](metadata::WriteTx& tx) {
      return store.snapshotter().prepare(tx, store.kNs, "key", std::move(*stage), {}, metadata::referred());
    });
  };
  EXPECT_EQ(outcome(prepare(gone)), "conflict");
  ASSERT_EQ(words(store.commit_empty("parent")), "");
  EXPECT_EQ(outcome(prepare(replaced)), "conflict");
  EXPECT_EQ(outcome(store.stat("key")), "not_found");
}

TEST_P(Stages, a_stage_is_committed_only_over_what_it_was_staged_on) {
  ASSERT_EQ(words(store.commit_empty("a")), "");
  ASSERT_EQ(words(store.commit_empty("b")), "");
  auto stage = store.stage("a");
  ASSERT_EQ(words(stage), "");
  const auto add = [&](const std::string& parent) {
    return store.db().update([&](metadata::WriteTx& tx) {
      return store.snapshotter().add_committed(tx, store.kNs, "c", parent, std::move(*stage), {}, {},
                                               metadata::referred());
    });
  };
  EXPECT_EQ(outcome(add("b")), "conflict");
  EXPECT_EQ(outcome(add("")), "conflict");
  EXPECT_EQ(outcome(add("absent")), "conflict");
  EXPECT_EQ(outcome(add("a")), "ok");
  EXPECT_EQ(outcome(add("a")), "invalid_argument") << "the stage was consumed";
}

TEST_P(Stages, mounts_of_a_snapshot_that_is_not_durable_yet) {
  auto stage = store.stage();
  ASSERT_EQ(words(stage), "");
  const auto mounts = store.db().update([&](metadata::WriteTx& tx) -> Result<std::vector<Mount>> {
    BAYPLAN_TRY(
        store.snapshotter().prepare(tx, store.kNs, "key", std::move(*stage), {}, metadata::referred()));
    return store.snapshotter().mounts(tx, store.kNs, "key");
  });
  ASSERT_EQ(words(mounts), "");
  EXPECT_EQ(*mounts, *store.mounts("key"));
}

}  // namespace
}  // namespace bayplan::snapshots
