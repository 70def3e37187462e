#include "overlay_mount.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bayplan/base/file.h"
#include "own_thread.h"
#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;

std::string mount_table() { return read_file("/proc/self/mountinfo"); }

class OverlayMount : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* const name : {"1", "1/fs", "2", "2/fs", "2/work"}) {
      std::filesystem::create_directory(dir.path() / name);
    }
    write_file(dir.path() / "1/fs/lower", "lower");
  }
  OverlayLayout layout{"2/fs", "2/work", {"1/fs"}, "2"};
  test::TempDir dir;
};

TEST_F(OverlayMount, shows_the_merged_tree_to_its_descriptor_alone) {
  const std::string before = mount_table();
  auto root = mount_overlay_detached(dir.fd(), layout);
  ASSERT_EQ(words(root), "");
  EXPECT_EQ(mount_table(), before);
  EXPECT_EQ(file::read_file(root->get(), "lower", 100).value(), "lower");
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "2/lower")) << "the mount covers it for others too";
  ASSERT_EQ(::unlinkat(root->get(), "lower", 0), 0);
  ASSERT_EQ(::mkdirat(root->get(), "new", 0700), 0);
  root->reset();
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "2/fs/new"));
  EXPECT_TRUE(std::filesystem::is_character_file(dir.path() / "2/fs/lower"));
}

TEST_F(OverlayMount, the_caller_keeps_its_working_directory_and_mount_namespace) {
  const auto cwd = std::filesystem::current_path();
  const auto ns = std::filesystem::read_symlink("/proc/thread-self/ns/mnt");
  ASSERT_TRUE(mount_overlay_detached(dir.fd(), layout));
  EXPECT_EQ(std::filesystem::current_path(), cwd);
  EXPECT_EQ(std::filesystem::read_symlink("/proc/thread-self/ns/mnt"), ns);
}

TEST_F(OverlayMount, what_cannot_be_mounted_says_why) {
  layout.lower = {"absent/fs"};
  EXPECT_EQ(outcome(mount_overlay_detached(dir.fd(), layout)), "not_found");
  layout.lower.assign(501, "1/fs");
  EXPECT_EQ(outcome(mount_overlay_detached(dir.fd(), layout)), "unsupported");
  layout.lower.assign(400, "123456789/fs");
  EXPECT_EQ(outcome(mount_overlay_detached(dir.fd(), layout)), "unsupported");
}

TEST_F(OverlayMount, without_privileges_it_is_unsupported_and_native_is_advised) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool dropped = ::setresuid(65534, 65534, 65534) == 0;
    const auto root = mount_overlay_detached(dir.fd(), layout);
    const bool right = !root && root.error().code() == Errc::unsupported &&
                       root.error().advice().find("native") != std::string::npos;
    ::_exit(dropped && right ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(OverlayMount, probe_leaves_an_empty_directory_and_works_again) {
  ASSERT_EQ(words(probe_overlay(dir.fd())), "");
  EXPECT_TRUE(std::filesystem::is_empty(dir.path() / ".probe"));
  write_file(dir.path() / ".probe/lower", "left by a probe that was killed");
  EXPECT_EQ(words(probe_overlay(dir.fd())), "");
}

TEST_F(OverlayMount, pinned_options) {
  EXPECT_FALSE(in_user_namespace());
  EXPECT_THAT(overlay_options(),
              ElementsAre("index=off", "redirect_dir=nofollow", "metacopy=off", "xino=off"));
}

// As root of a user namespace of its own, the way rootless engines run.
TEST_F(OverlayMount, in_a_user_namespace_attributes_are_those_of_users) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ::_exit(77);
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 0 1");
    write_file("/proc/self/gid_map", "0 0 1");
    if (!in_user_namespace() || overlay_options().back() != "userxattr") ::_exit(2);
    const auto here = file::open_dir(dir.path());  // dir.fd() belongs to the mount namespace that was left
    const auto probed = here ? probe_overlay(here->get()) : Result<void>(here.error());
    if (!probed) {
      static_cast<void>(::write(2, words(probed).data(), words(probed).size()));
      ::_exit(3);
    }
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "no user namespaces here";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace bayplan::snapshots
