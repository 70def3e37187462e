#include "bayplan/snapshots/mounts.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mount_records.h"
#include "mounted_store.h"
#include "support/all_or_nothing.h"

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CountedMounts : public MountedStore, public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(words(store.prepare("key")), "");
    write_file(store.directory(store.stat("key")->directory) / "fs/file", "x");
  }
};

TEST_F(CountedMounts, the_second_one_gets_the_same_path_and_the_last_one_unmounts) {
  const auto first = mount("key");
  ASSERT_EQ(words(first), "");
  EXPECT_EQ(first->count, 1u);
  EXPECT_EQ(first->target.parent_path(), points());
  EXPECT_EQ(read_file(first->target / "file"), "x");
  const auto second = mount("key");
  ASSERT_EQ(words(second), "");
  EXPECT_EQ(*second, (MountPoint{"key", first->target, 2}));
  EXPECT_THAT(mounted(), ElementsAre(*second));
  EXPECT_EQ(unmount("key").value(), 1u);
  EXPECT_EQ(read_file(first->target / "file"), "x");
  EXPECT_EQ(unmount("key").value(), 0u);
  EXPECT_FALSE(std::filesystem::exists(first->target));
  EXPECT_THAT(mounted(), IsEmpty());
  EXPECT_THAT(store.problems(), IsEmpty());
}

TEST_F(CountedMounts, what_is_not_mounted_is_not_unmounted) {
  EXPECT_EQ(outcome(unmount("key")), "not_found");
  EXPECT_EQ(unmount("key", Force::yes).value(), 0u);
  EXPECT_EQ(outcome(unmount("absent")), "not_found");
  EXPECT_EQ(outcome(unmount("absent", Force::yes)), "not_found");
}

TEST_F(CountedMounts, only_what_has_mounts) {
  ASSERT_EQ(words(store.commit("name", "key")), "");
  EXPECT_EQ(outcome(mount("name")), "failed_precondition");
  EXPECT_EQ(outcome(mount("absent")), "not_found");
  ASSERT_EQ(words(store.view("view", "name")), "");
  const auto at = mount("view");
  ASSERT_EQ(words(at), "");
  EXPECT_EQ(::open((at->target / "new").c_str(), O_WRONLY | O_CREAT, 0600), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(mount("view")->count, 2u);
  EXPECT_EQ(unmount("view").value(), 1u);
  EXPECT_EQ(unmount("view").value(), 0u);
}

TEST_F(CountedMounts, a_link_to_the_target_is_followed_once_and_for_all) {
  const std::filesystem::path real = store.root() / "real";
  std::filesystem::create_directory(real);
  std::filesystem::create_directory_symlink(real, store.root() / "link");
  ASSERT_EQ(mount("key", store.root() / "link")->target, real);
  EXPECT_EQ(mount("key", real)->count, 2u);
  EXPECT_EQ(unmount("key", Force::yes).value(), 0u);
  EXPECT_TRUE(std::filesystem::is_empty(real)) << "nothing stays mounted behind the link";
}

TEST_F(CountedMounts, what_is_mounted_is_not_sealed) {
  ASSERT_EQ(words(mount("key")), "");
  const auto sealed = store.db().view(
      [&](const metadata::ReadTx& tx) { return store.snapshotter().seal(tx, store.kNs, "key"); });
  EXPECT_EQ(outcome(sealed), "in_use");
  EXPECT_EQ(unmount("key").value(), 0u);
  EXPECT_EQ(words(store.commit("name", "key")), "");
}

TEST_F(CountedMounts, at_a_directory_of_the_caller) {
  const std::filesystem::path target = store.root() / "mnt";
  ASSERT_EQ(mount("key", target)->target, target);
  EXPECT_EQ(mount("key")->count, 2u) << "wherever it is";
  EXPECT_EQ(mount("key", target)->count, 3u);
  EXPECT_EQ(outcome(mount("key", store.root())), "in_use") << "it is elsewhere";
  ASSERT_EQ(words(store.prepare("other")), "");
  EXPECT_EQ(outcome(mount("other", target)), "in_use") << "another is there";
  EXPECT_EQ(unmount("key", Force::yes).value(), 0u);
  EXPECT_TRUE(std::filesystem::is_empty(target)) << "the directory is the caller's";
}

TEST_F(CountedMounts, where_there_is_no_run_root_a_target_is_needed) {
  const Mounts mounts(store.db(), store.snapshotter(), {});
  EXPECT_EQ(outcome(mounts.mount(store.kNs, "key")), "invalid_argument");
  EXPECT_EQ(words(mounts.mount(store.kNs, "key", store.root() / "mnt")), "");
  EXPECT_EQ(words(mounts.unmount(store.kNs, "key")), "");
  EXPECT_EQ(words(mounts.recover()), "");
}

TEST_F(CountedMounts, a_mount_that_failed_leaves_nothing) {
  EXPECT_EQ(outcome(mount("key", store.root() / "absent")), "not_found");
  EXPECT_EQ(rows(), 0u);
  ASSERT_EQ(words(mount("key")), "");
  ASSERT_EQ(words(unmount("key")), "");
}

TEST_F(CountedMounts, what_somebody_unmounted_is_mounted_again) {
  const auto first = mount("key");
  ASSERT_EQ(words(first), "");
  ASSERT_EQ(words(unmount_all(first->target)), "");
  EXPECT_FALSE(std::filesystem::exists(first->target / "file"));
  EXPECT_EQ(mount("key")->count, 2u);
  EXPECT_EQ(read_file(first->target / "file"), "x");
  ASSERT_EQ(words(unmount_all(first->target)), "");
  std::filesystem::remove(first->target);
  EXPECT_EQ(mount("key")->count, 3u);
  EXPECT_EQ(read_file(first->target / "file"), "x");
  EXPECT_EQ(unmount("key", Force::yes).value(), 0u);
}

TEST_F(CountedMounts, a_row_of_another_boot_counts_as_none) {
  put_row("key", {"another boot", (points() / "0123456789abcdef").string(), 7, true});
  EXPECT_THAT(mounted(), IsEmpty());
  EXPECT_EQ(outcome(unmount("key")), "not_found");
  EXPECT_EQ(rows(), 0u);
  put_row("key", {"another boot", (store.root() / "mnt").string(), 7, false});
  EXPECT_EQ(mount("key")->count, 1u);
  EXPECT_EQ(unmount("key").value(), 0u);
}

TEST_F(CountedMounts, open_files_keep_it_mounted_unless_forced) {
  const auto at = mount("key");
  ASSERT_EQ(words(at), "");
  const std::ifstream open(at->target / "file");
  ASSERT_TRUE(open);
  EXPECT_EQ(outcome(unmount("key")), "busy");
  EXPECT_THAT(mounted(), ElementsAre(MountPoint{"key", at->target, 1}));
  EXPECT_EQ(unmount("key", Force::yes).value(), 0u);
  EXPECT_FALSE(std::filesystem::exists(at->target));
}

TEST_F(CountedMounts, a_mounted_snapshot_is_neither_removed_nor_committed) {
  ASSERT_EQ(words(mount("key")), "");
  EXPECT_EQ(outcome(store.remove("key")), "in_use");
  EXPECT_EQ(outcome(store.commit("name", "key")), "in_use");
  ASSERT_EQ(words(unmount("key")), "");
  ASSERT_EQ(words(store.commit("name", "key")), "");
  put_row("name", {"another boot", "/nowhere", 1, false});
  EXPECT_EQ(words(store.remove("name")), "");
  EXPECT_EQ(rows(), 0u);
}

TEST_F(CountedMounts, rows_are_all_or_nothing) {
  const records::Place place{store.kNs, "overlay"};
  const auto put = [&](std::uint64_t count, bool made) {
    return metadata::expect_all_or_nothing(store.db(), [&](metadata::WriteTx& tx) {
      return mount_records::put(tx, place, "key", {"another boot", "/target", count, made});
    });
  };
  EXPECT_GT(put(0, true), 3);
  EXPECT_GT(put(1, false), 2);
  EXPECT_GT(metadata::expect_all_or_nothing(
                store.db(), [&](metadata::WriteTx& tx) { return mount_records::erase(tx, place, "key"); }),
            0);
}

TEST_F(CountedMounts, a_damaged_row_is_an_error_that_names_it) {
  for (const char* const target : {"", "relative", ".."}) {
    put_row("key", {"boot", target, 1, false});
    const auto unmounted = unmount("key");
    EXPECT_EQ(outcome(unmounted), "corrupt") << target;
    EXPECT_THAT(words(unmounted), testing::HasSubstr("key"));
  }
  EXPECT_THAT(check(), ElementsAre(testing::HasSubstr("absolute")));
}

TEST_F(CountedMounts, the_collector_keeps_them_while_their_boot_lasts) {
  ASSERT_EQ(words(mount("key")), "");
  ASSERT_EQ(words(store.prepare("other")), "");
  put_row("other", {"another boot", "/nowhere", 1, false});
  EXPECT_THAT(collect(), ElementsAre("mount overlay/other", "snapshot overlay/other"));
  EXPECT_THAT(store.keys(), ElementsAre("key"));
  EXPECT_THAT(check(), IsEmpty());
  ASSERT_EQ(words(unmount("key")), "");
  EXPECT_THAT(collect(), ElementsAre("snapshot overlay/key"));
}

}  // namespace
}  // namespace bayplan::snapshots
