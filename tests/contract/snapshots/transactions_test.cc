// What containerd does not promise: transactions that fail, keys, labels and namespaces.
#include "snapshotter_contract.h"

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;

class SnapshotRecords : public SnapshotterContract {};

INSTANTIATE_TEST_SUITE_P(Drivers, SnapshotRecords, every_driver(), driver_name);

TEST_P(SnapshotRecords, records_are_all_or_nothing_and_a_failure_leaves_the_stage) {
  Snapshotter& snapshotter = store.snapshotter();
  const auto writes = [&](const std::function<Result<void>(metadata::WriteTx&)>& change) {
    return metadata::expect_all_or_nothing(store.db(), change);
  };
  Stage base = store.stage().value();
  ASSERT_EQ(words(snapshotter.sync()), "");
  EXPECT_GT(writes([&](metadata::WriteTx& tx) {
              return snapshotter.add_committed(tx, store.kNs, "base", {}, std::move(base), {1, 0},
                                               {{"k", "v"}}, metadata::referred());
            }),
            5);
  Stage active = store.stage("base").value();
  EXPECT_GT(writes([&](metadata::WriteTx& tx) {
              return snapshotter.prepare(tx, store.kNs, "active", std::move(active), {},
                                         metadata::referred());
            }),
            5);
  Stage look = store.stage("base").value();
  EXPECT_GT(writes([&](metadata::WriteTx& tx) {
              return snapshotter.view(tx, store.kNs, "look", std::move(look), {}, metadata::referred());
            }),
            5);
  const Sealed sealed = store.seal("active").value();
  EXPECT_GT(
      writes([&](metadata::WriteTx& tx) {
        return snapshotter.commit(tx, store.kNs, "top", "active", sealed, {{"k", "v"}}, metadata::referred());
      }),
      5);
  EXPECT_GT(writes([&](metadata::WriteTx& tx) { return snapshotter.set_labels(tx, store.kNs, "top", {}); }),
            1);
  EXPECT_GT(writes([&](metadata::WriteTx& tx) { return snapshotter.remove(tx, store.kNs, "look"); }), 1);
  EXPECT_THAT(store.keys(), ElementsAre("base", "top"));
}

TEST_P(SnapshotRecords, keys_and_labels_are_checked) {
  EXPECT_EQ(outcome(store.prepare("")), "invalid_argument");
  EXPECT_EQ(outcome(store.prepare("key", "", {{"", "value"}})), "invalid_argument");
  ASSERT_EQ(words(store.prepare("key")), "");
  EXPECT_EQ(outcome(store.commit("", "key")), "invalid_argument");
  EXPECT_EQ(outcome(store.set_labels("key", {{"k", std::string(5000, 'v')}})), "invalid_argument");
  EXPECT_EQ(outcome(store.set_labels("other", {})), "not_found");
}

TEST_P(SnapshotRecords, update_of_single_labels) {
  ASSERT_EQ(words(store.prepare("key", "", {{"a", "1"}, {"b", "2"}, {"c.d", "3"}})), "");
  ASSERT_EQ(words(store.set_labels("key", {{"a", "new"}, {"b", "not named"}}, {"labels.a", "labels.c.d"})),
            "");
  EXPECT_EQ(store.stat("key")->labels, (Labels{{"a", "new"}, {"b", "2"}}));
  ASSERT_EQ(words(store.set_labels("key", {{"e", "5"}}, {"labels"})), "");
  EXPECT_EQ(store.stat("key")->labels, (Labels{{"e", "5"}}));
  for (const char* const path : {"parent", "kind", "name", "", ".labels"}) {
    EXPECT_EQ(outcome(store.set_labels("key", {{"f", "6"}}, {"labels.f", path})), "invalid_argument") << path;
  }
  EXPECT_EQ(outcome(store.set_labels("key", {{"", "v"}}, {"labels."})), "invalid_argument");
  EXPECT_EQ(store.stat("key")->labels, (Labels{{"e", "5"}}));
}

TEST_P(SnapshotRecords, walk_ends_with_the_visitors_error) {
  ASSERT_EQ(words(store.prepare("a")), "");
  ASSERT_EQ(words(store.prepare("b")), "");
  int seen = 0;
  const auto walked = store.db().view([&](const metadata::ReadTx& tx) {
    return store.snapshotter().walk(tx, store.kNs, [&](const Info&) -> Result<void> {
      ++seen;
      return Error(Errc::cancelled, "test", {});
    });
  });
  EXPECT_EQ(outcome(walked), "cancelled");
  EXPECT_EQ(seen, 1);
}

TEST_P(SnapshotRecords, namespaces_do_not_see_one_another) {
  ASSERT_EQ(words(store.commit_empty("key")), "");
  const auto elsewhere = store.db().view(
      [&](const metadata::ReadTx& tx) { return store.snapshotter().stat(tx, "other", "key"); });
  EXPECT_EQ(outcome(elsewhere), "not_found");
  auto stage = store.stage("key");
  ASSERT_EQ(words(stage), "");
  const auto prepared = store.db().update([&](metadata::WriteTx& tx) {
    return store.snapshotter().prepare(tx, "other", "child", std::move(*stage), {}, metadata::referred());
  });
  EXPECT_EQ(outcome(prepared), "conflict");
}

}  // namespace
}  // namespace bayplan::snapshots
