#include "record_check.h"

#include <gmock/gmock.h>

#include "bayplan/metadata/namespaces.h"
#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

using metadata::MutableBucket;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RecordCheck : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(words(store.commit_empty("base")), "");
    ASSERT_EQ(words(store.commit_empty("child", "base")), "");
    ASSERT_EQ(words(store.prepare("active", "child")), "");
    ASSERT_THAT(store.problems(), IsEmpty());
  }
  template <class F>
  void damage(const std::string& key, F change) {
    const auto changed = store.db().update([&](metadata::WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record,
                     metadata::open_namespace_bucket(tx, "default", {"snapshots", "overlay", key}));
      return change(*record);
    });
    ASSERT_EQ(words(changed), "");
  }
  SnapshotStore store{"overlay"};
};

TEST_F(RecordCheck, a_record_that_does_not_decode) {
  damage("active", [](MutableBucket& record) { return record.put("kind", "?"); });
  EXPECT_THAT(store.problems(), ElementsAre(HasSubstr("overlay/active: snapshot \"active\": ")));
}

TEST_F(RecordCheck, a_value_where_a_record_belongs) {
  const auto put = [](metadata::WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto snapshots, metadata::open_namespace_bucket(tx, "default", {"snapshots", "overlay"}));
    return snapshots->put("bad", "a plain value");
  };
  ASSERT_EQ(words(store.db().update(put)), "");
  EXPECT_THAT(store.problems(), ElementsAre("overlay/bad: a value where a record belongs"));
  const auto walked = store.db().view([&](const metadata::ReadTx& tx) {
    return store.snapshotter().walk(tx, "default", [](const Info&) { return Result<void>(); });
  });
  EXPECT_EQ(outcome(walked), "corrupt");
  EXPECT_THAT(words(walked), HasSubstr("snapshot \"bad\""));
}

TEST_F(RecordCheck, a_missing_parent) {
  damage("active", [](MutableBucket& record) { return record.put("parent", "gone"); });
  EXPECT_THAT(store.problems(), ElementsAre(HasSubstr("parent \"gone\" does not exist"),
                                            HasSubstr("lists \"active\" as a child, which it is not")));
}

TEST_F(RecordCheck, a_link_without_a_child) {
  damage("base", [](MutableBucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(auto children, record.bucket("children"));
    return children->put("ghost", "");
  });
  EXPECT_THAT(store.problems(), ElementsAre(HasSubstr("overlay/base: lists \"ghost\" as a child")));
}

TEST_F(RecordCheck, a_child_without_a_link) {
  damage("base", [](MutableBucket& record) { return record.delete_bucket("children"); });
  EXPECT_THAT(store.problems(),
              ElementsAre(HasSubstr("overlay/child: its parent \"base\" does not list it")));
}

TEST_F(RecordCheck, a_parent_that_is_not_committed) {
  damage("child", [](MutableBucket& record) { return record.put("kind", "\x02"); });
  EXPECT_THAT(store.problems(),
              ElementsAre(HasSubstr("overlay/active: its parent \"child\" is not committed")));
}

TEST_F(RecordCheck, a_committed_directory_that_is_gone) {
  std::filesystem::remove_all(store.directory(store.stat("base")->directory));
  std::filesystem::remove_all(store.directory(store.stat("active")->directory));
  EXPECT_THAT(store.problems(), ElementsAre(HasSubstr("overlay/base: its directory cannot be opened")))
      << "an active one's is made again";
}

TEST_F(RecordCheck, a_directory_with_two_owners) {
  const std::string directory = store.stat("base")->directory;
  damage("child", [&](MutableBucket& record) { return record.put("name", directory); });
  EXPECT_THAT(store.problems(),
              ElementsAre(HasSubstr("overlay/child: its directory " + directory + " is that of \"base\"")));
}

}  // namespace
}  // namespace bayplan::snapshots
