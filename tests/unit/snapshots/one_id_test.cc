// A user namespace with a single id, as it is where nobody has set up subordinate ones.
#include <gmock/gmock.h>
#include <unistd.h>

#include "snapshot_store.h"
#include "support/user_namespace.h"

namespace bayplan::snapshots {
namespace {

using testing::HasSubstr;

class OneId : public testing::Test {
 protected:
  /// A store of root's with committed "base", whose file "theirs" is of another user, handed to the one id.
  void make_store(const std::string& driver) {
    const auto db = metadata::Db::open(dir.path() / "metadata").value();
    auto snapshotter = Snapshotter::open(dir.path() / "snapshots", driver).value();
    auto stage = db.view([&](const metadata::ReadTx& tx) { return snapshotter.stage(tx, "default", ""); });
    const auto tree = dir.path() / "snapshots" / driver / stage->directory() / "fs";
    write_file(tree / "theirs", "theirs");
    ASSERT_EQ(words(db.update([&](metadata::WriteTx& tx) {
                return snapshotter.add_committed(tx, "default", "base", "", *std::move(stage), {}, {},
                                                 metadata::referred());
              })),
              "");
    hand_over(dir.path());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path()))
      hand_over(entry.path());
    ASSERT_EQ(::lchown((tree / "theirs").c_str(), 5, 5), 0);
  }
  static void hand_over(const std::filesystem::path& path) {
    const unsigned id = test::outside_root(test::kOneId);
    ASSERT_EQ(::lchown(path.c_str(), id, id), 0) << path;
  }
  /// A stage over "base", made inside.
  Result<std::string> stage(const std::string& driver) {
    const auto db = metadata::Db::open(dir.path() / "metadata").value();
    BAYPLAN_ASSIGN(auto snapshotter, Snapshotter::open(dir.path() / "snapshots", driver));
    BAYPLAN_ASSIGN(const Stage made, db.view([&](const metadata::ReadTx& tx) {
      return snapshotter.stage(tx, "default", "base");
    }));
    return made.directory();
  }

  test::TempDir dir;
};

TEST_F(OneId, native_says_whose_file_it_cannot_copy) {
  make_store("native");
  EXPECT_TRUE(test::run_in_user_namespace(test::kOneId, [&] {
    const auto staged = stage("native");
    EXPECT_EQ(outcome(staged), "unsupported");
    EXPECT_THAT(words(staged), HasSubstr("theirs"));
    EXPECT_THAT(words(staged), HasSubstr("does not exist in this user namespace"));
    EXPECT_THAT(words(staged), HasSubstr("subordinate"));
  }));
}

TEST_F(OneId, overlay_leaves_it_where_it_is) {
  make_store("overlay");
  EXPECT_TRUE(test::run_in_user_namespace(test::kOneId, [&] {
    const auto best = Snapshotter::open_best(dir.path() / "snapshots");
    ASSERT_EQ(outcome(best), "ok");
    EXPECT_EQ(best->name(), "overlay");
    EXPECT_EQ(words(stage("overlay")), "");
  }));
}

}  // namespace
}  // namespace bayplan::snapshots
