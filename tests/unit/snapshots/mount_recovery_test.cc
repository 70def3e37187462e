// What is left of mounts by processes that ended in the middle, and by several at a time.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <thread>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "bayplan/base/process.h"
#include "mounted_store.h"

namespace bayplan::snapshots {
namespace {

using testing::IsEmpty;

class MountRecovery : public MountedStore, public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(words(store.prepare("key")), ""); }
  void TearDown() override { fault::arm({}); }

  void fail_at(fault::Point point) {
    fault::arm([point](fault::Point reached) -> std::optional<Error> {
      if (reached == point) return Error(Errc::cancelled, "test", fault::name(point));
      return {};
    });
  }
  void expect_nothing_left() {
    EXPECT_EQ(rows(), 0u);
    EXPECT_TRUE(!std::filesystem::exists(points()) || std::filesystem::is_empty(points()));
    EXPECT_THAT(read_file("/proc/self/mountinfo"), testing::Not(testing::HasSubstr(points().native())));
    EXPECT_EQ(words(store.remove("key")), "");
  }
};

TEST_F(MountRecovery, of_a_mount_that_was_never_counted) {
  for (const fault::Point point : {fault::Point::mount_intended, fault::Point::mount_made}) {
    fail_at(point);
    EXPECT_EQ(outcome(mount("key")), "cancelled");
    fault::arm({});
    EXPECT_EQ(rows(), 1u);
    EXPECT_THAT(mounted(), IsEmpty());
    ASSERT_EQ(words(mounts().recover()), "");
    EXPECT_EQ(rows(), 0u);
  }
  expect_nothing_left();
}

TEST_F(MountRecovery, of_an_unmount_that_did_not_end) {
  for (const fault::Point point : {fault::Point::unmount_intended, fault::Point::unmount_done}) {
    ASSERT_EQ(words(mount("key")), "");
    fail_at(point);
    EXPECT_EQ(outcome(unmount("key")), "cancelled");
    fault::arm({});
    ASSERT_EQ(words(mounts().recover()), "");
    EXPECT_EQ(rows(), 0u);
  }
  expect_nothing_left();
}

TEST_F(MountRecovery, the_next_mount_or_unmount_does_it_too) {
  fail_at(fault::Point::mount_made);
  EXPECT_EQ(outcome(mount("key")), "cancelled");
  fault::arm({});
  EXPECT_EQ(mount("key")->count, 1u);
  fail_at(fault::Point::unmount_intended);
  EXPECT_EQ(outcome(unmount("key")), "cancelled");
  fault::arm({});
  EXPECT_EQ(outcome(unmount("key")), "not_found");
  expect_nothing_left();
}

TEST_F(MountRecovery, of_mount_points_that_no_row_names) {
  const auto kept = mount("key");
  ASSERT_EQ(words(kept), "");
  const auto stray = points() / "00112233445566aa";
  std::filesystem::create_directory(stray);
  ASSERT_EQ(words(mount_all({{"bind", (store.root() / "mnt").string(), {"rbind"}}}, stray)), "");
  std::filesystem::create_directory(points() / "empty");
  ASSERT_EQ(words(mounts().recover()), "");
  EXPECT_FALSE(std::filesystem::exists(stray));
  EXPECT_FALSE(std::filesystem::exists(points() / "empty"));
  EXPECT_TRUE(std::filesystem::exists(store.root() / "mnt")) << "what was mounted there is somebody's";
  EXPECT_EQ(unmount("key").value(), 0u);
  expect_nothing_left();
}

TEST_F(MountRecovery, leaves_alone_what_another_boot_had_at_a_target) {
  const auto target = store.root() / "mnt";
  std::filesystem::create_directory(store.root() / "theirs");
  write_file(store.root() / "theirs/file", "theirs");
  put_row("key", {"another boot", target.string(), 1, false});
  ASSERT_EQ(words(mount_all({{"bind", (store.root() / "theirs").string(), {"rbind"}}}, target)), "");
  ASSERT_EQ(words(mounts().recover()), "");
  EXPECT_EQ(read_file(target / "file"), "theirs");
  ASSERT_EQ(words(unmount_all(target)), "");
  expect_nothing_left();
}

// Somebody who is in the middle of it holds the lock; recovery waits, and finds what he left.
TEST_F(MountRecovery, waits_for_who_is_at_it) {
  const std::string boot = process::boot_id().value();
  put_row("key", {boot, (points() / "0011223344556677").string(), 0, true});
  UniqueFd held = file::open_dir(store.directory(store.stat("key")->directory)).value();
  ASSERT_TRUE(file::try_lock_exclusive(held.get(), "key"));
  Result<void> recovered;
  std::thread recovery([&] { recovered = mounts().recover(); });
  put_row("key", {boot, (points() / "0011223344556677").string(), 1, true});
  std::filesystem::create_directories(points() / "0011223344556677");
  held.reset();
  recovery.join();
  EXPECT_EQ(words(recovered), "");
  EXPECT_EQ(rows(), 1u);
  EXPECT_EQ(unmount("key").value(), 0u);
}

// Each opens the store for itself, as separate commands do.
int mount_and_unmount(const std::filesystem::path& root, int start, int times) {
  const auto db = metadata::Db::open(root / "metadata");
  const auto snapshotter = Snapshotter::open(root / "snapshots", "overlay");
  if (!db || !snapshotter) return 1;
  char byte = 0;
  static_cast<void>(::read(start, &byte, 1));  // until the parent closes its end
  const Mounts mounts(*db, *snapshotter, root / "points");
  for (int i = 0; i < times; ++i) {
    const auto at = mounts.mount("default", "key");
    if (!at || !std::filesystem::exists(at->target / "file")) return 2;
    const auto left = mounts.unmount("default", "key");
    if (!left) return 3;
    if (i % 8 == 0 && !mounts.recover()) return 4;
  }
  return 0;
}

TEST(MountProcesses, count_together) {
  const test::TempDir directory;
  const auto in_child = [&](const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    return child;
  };
  const auto expect_done = [](pid_t child) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  };
  expect_done(in_child([&] {
    const auto db = metadata::Db::open(directory.path() / "metadata").value();
    auto snapshotter = Snapshotter::open(directory.path() / "snapshots", "overlay").value();
    auto stage = db.view([&](const metadata::ReadTx& tx) { return snapshotter.stage(tx, "default", ""); });
    write_file(directory.path() / "snapshots/overlay" / stage->directory() / "fs/file", "x");
    const auto made = db.update([&](metadata::WriteTx& tx) {
      return snapshotter.prepare(tx, "default", "key", *std::move(stage), {}, metadata::referred());
    });
    return made ? 0 : 1;
  }));
  std::array<int, 2> start{};
  ASSERT_EQ(::pipe2(start.data(), O_CLOEXEC), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(in_child([&] {
      ::close(start[1]);
      return mount_and_unmount(directory.path(), start[0], 200);
    }));
  }
  ::close(start[1]);
  for (const pid_t child : children) expect_done(child);
  ::close(start[0]);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "points"));
}

}  // namespace
}  // namespace bayplan::snapshots
