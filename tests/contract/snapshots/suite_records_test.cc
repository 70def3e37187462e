// The cases of containerd's suite for snapshotters (core/snapshots/testsuite) that are about records, by its
// names, spelling included.
#include "snapshotter_contract.h"

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

class SnapshotterSuite : public SnapshotterContract {
 protected:
  std::vector<std::string> listed(const std::vector<std::string>& filters) {
    std::vector<std::string> found;
    const auto end = store.db().view([&](const metadata::ReadTx& tx) -> Result<metadata::ListEnd> {
      BAYPLAN_ASSIGN(const auto filter, metadata::Filter::parse(filters));
      BAYPLAN_ASSIGN(const auto bound, filter.bind(snapshot_fields()));
      return store.snapshotter().list(tx, store.kNs, bound, {}, [&](const Info& info) -> Result<void> {
        found.push_back(info.key);
        return {};
      });
    });
    EXPECT_EQ(words(end), "");
    return found;
  }
};

INSTANTIATE_TEST_SUITE_P(Drivers, SnapshotterSuite, every_driver(), driver_name);

TEST_P(SnapshotterSuite, StatActive) {
  ASSERT_EQ(words(store.commit_empty("base")), "");
  ASSERT_EQ(words(store.prepare("key", "base", {{"colour", "blue"}, {"empty", ""}})), "");
  const auto info = store.stat("key");
  ASSERT_EQ(words(info), "");
  EXPECT_EQ(info->kind, Kind::active);
  EXPECT_EQ(info->key, "key");
  EXPECT_EQ(info->parent, "base");
  EXPECT_EQ(info->labels, (Labels{{"colour", "blue"}}));
  EXPECT_EQ(info->created, info->updated);
  EXPECT_EQ(info->usage, Usage());
  EXPECT_EQ(to_string(info->kind), "active");
}

TEST_P(SnapshotterSuite, StatComitted) {
  ASSERT_EQ(words(store.prepare("key", "", {{"old", "label"}})), "");
  const auto before = store.stat("key");
  ASSERT_EQ(words(before), "");
  ASSERT_EQ(words(store.commit("name", "key", {{"new", "label"}})), "");
  EXPECT_EQ(outcome(store.stat("key")), "not_found");
  const auto info = store.stat("name");
  ASSERT_EQ(words(info), "");
  EXPECT_EQ(info->kind, Kind::committed);
  EXPECT_EQ(info->labels, (Labels{{"new", "label"}}));
  EXPECT_EQ(info->directory, before->directory);
  EXPECT_GT(info->created, before->created);
  EXPECT_EQ(info->created, info->updated);
  EXPECT_EQ(info->usage.inodes, 1u);
}

TEST_P(SnapshotterSuite, TransitivityTest) {
  ASSERT_EQ(words(store.commit_empty("a")), "");
  ASSERT_EQ(words(store.commit_empty("b", "a")), "");
  ASSERT_EQ(words(store.view("c", "b")), "");
  EXPECT_EQ(store.stat("c")->parent, "b");
  EXPECT_EQ(store.stat(store.stat("c")->parent)->parent, "a");
  EXPECT_EQ(store.stat("a")->parent, "");
}

TEST_P(SnapshotterSuite, PreareViewFailingtest) {
  ASSERT_EQ(words(store.prepare("active")), "");
  ASSERT_EQ(words(store.view("view")), "");
  ASSERT_EQ(words(store.commit_empty("committed")), "");
  for (const char* const taken : {"active", "view", "committed"}) {
    EXPECT_EQ(outcome(store.prepare(taken)), "already_exists") << taken;
    EXPECT_EQ(outcome(store.view(taken)), "already_exists") << taken;
    EXPECT_EQ(outcome(store.commit(taken, "active")), "already_exists") << taken;
  }
  EXPECT_EQ(store.stat("active")->kind, Kind::active);
  EXPECT_EQ(store.directories().size(), 3u) << "a stage that no record took is still there";
}

TEST_P(SnapshotterSuite, Update) {
  ASSERT_EQ(words(store.prepare("active")), "");
  ASSERT_EQ(words(store.view("view")), "");
  ASSERT_EQ(words(store.commit_empty("committed")), "");
  for (const char* const key : {"active", "view", "committed"}) {
    const auto before = store.stat(key);
    ASSERT_EQ(words(store.set_labels(key, {{"a", "1"}, {"gone", ""}})), "") << key;
    const auto after = store.stat(key);
    ASSERT_EQ(words(after), "");
    EXPECT_EQ(after->labels, (Labels{{"a", "1"}}));
    EXPECT_EQ(after->created, before->created);
    EXPECT_GT(after->updated, before->updated);
    EXPECT_EQ(after->usage, before->usage);
    EXPECT_EQ(outcome(store.set_labels(key, {{"b", "2"}}, {"labels.b", "parent"})), "invalid_argument");
    EXPECT_EQ(*store.stat(key), *after);
    ASSERT_EQ(words(store.set_labels(key, {})), "");
    EXPECT_THAT(store.stat(key)->labels, IsEmpty());
  }
}

TEST_P(SnapshotterSuite, Remove) {
  ASSERT_EQ(words(store.commit_empty("key")), "");
  const std::string first = store.stat("key")->directory;
  ASSERT_EQ(words(store.remove("key")), "");
  ASSERT_EQ(words(store.view("key")), "");
  ASSERT_EQ(words(store.remove("key")), "");
  ASSERT_EQ(words(store.prepare("key")), "");
  EXPECT_NE(store.stat("key")->directory, first);
  ASSERT_EQ(words(store.remove("key")), "");
  ASSERT_EQ(words(store.commit_empty("key")), "");
}

TEST_P(SnapshotterSuite, Walk) {
  ASSERT_EQ(words(store.commit_empty("base")), "");
  ASSERT_EQ(words(store.set_labels("base", {{"os", "linux"}})), "");
  ASSERT_EQ(words(store.commit_empty("top", "base")), "");
  ASSERT_EQ(words(store.prepare("active", "top", {{"os", "linux"}})), "");
  ASSERT_EQ(words(store.prepare("alone", "", {{"os", "none"}})), "");
  ASSERT_EQ(words(store.view("look", "top")), "");
  const std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> cases = {
      {{}, {"active", "alone", "base", "look", "top"}},
      {{"kind==active"}, {"active", "alone"}},
      {{"kind==view"}, {"look"}},
      {{"kind==committed"}, {"base", "top"}},
      {{"name==top"}, {"top"}},
      {{"parent==top"}, {"active", "look"}},
      {{"parent==\"\""}, {"alone", "base"}},
      {{"kind==active,parent==\"\""}, {"alone"}},
      {{"labels.os==linux"}, {"active", "base"}},
      {{"kind==view", "kind==active,labels.os==linux"}, {"active", "look"}},
  };
  for (const auto& [filters, keys] : cases) {
    EXPECT_THAT(listed(filters), ElementsAreArray(keys)) << testing::PrintToString(filters);
  }
}

TEST_P(SnapshotterSuite, StatInWalk) {
  ASSERT_EQ(words(store.commit_empty("b")), "");
  ASSERT_EQ(words(store.prepare("c", "b")), "");
  ASSERT_EQ(words(store.view("a", "b")), "");
  EXPECT_THAT(store.keys(), ElementsAre("a", "b", "c"));
  const auto walked = store.db().view([&](const metadata::ReadTx& tx) {
    return store.snapshotter().walk(tx, store.kNs, [&](const Info& info) -> Result<void> {
      BAYPLAN_ASSIGN(const Info again, store.snapshotter().stat(tx, store.kNs, info.key));
      EXPECT_EQ(again, info);
      return {};
    });
  });
  EXPECT_EQ(words(walked), "");
}

TEST_P(SnapshotterSuite, RemoveIntermediateSnapshot) {
  ASSERT_EQ(words(store.commit_empty("base")), "");
  ASSERT_EQ(words(store.commit_empty("middle", "base")), "");
  ASSERT_EQ(words(store.prepare("leaf", "middle")), "");
  EXPECT_EQ(outcome(store.remove("middle")), "in_use");
  EXPECT_EQ(outcome(store.remove("base")), "in_use");
  EXPECT_EQ(outcome(store.remove("leaf")), "ok");
  EXPECT_EQ(outcome(store.remove("base")), "in_use");
  EXPECT_EQ(outcome(store.remove("middle")), "ok");
  EXPECT_EQ(outcome(store.remove("base")), "ok");
}

// There is no Close to call twice: of two snapshotters on one directory, the end of one leaves the other.
TEST_P(SnapshotterSuite, CloseTwice) {
  ASSERT_EQ(words(store.prepare("before")), "");
  {
    auto other = Snapshotter::open(store.root() / "snapshots", GetParam());
    ASSERT_EQ(words(other), "");
    const Snapshotter moved = std::move(*other);
  }
  EXPECT_EQ(words(store.prepare("after")), "");
  EXPECT_NE(store.stat("before")->directory, store.stat("after")->directory);
}

}  // namespace
}  // namespace bayplan::snapshots
