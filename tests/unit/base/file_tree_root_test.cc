// What remove_tree does about mounts; in a mount namespace of its own.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "bayplan/base/file.h"
#include "outcome.h"
#include "support/temp_dir.h"

namespace bayplan::file {
namespace {

namespace fs = std::filesystem;
using test::outcome;

class FileTreeMounts : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      GTEST_SKIP() << "no mount namespace: " << std::strerror(errno);
    }
    dir = open_dir(temp.path()).value();  // the one temp holds is of the namespace we have left
    fs::create_directories(path("tree/a/mounted"));
    fs::create_directories(path("outside"));
    std::ofstream(path("outside/keep")) << "x";
  }
  void TearDown() override {
    for (const char* name : {"tree/a/mounted", "tree", "tree/file"})
      ::umount2(path(name).c_str(), MNT_DETACH);
  }
  fs::path path(std::string_view name) const { return temp.path() / name; }
  bool bind(std::string_view from, std::string_view to) const {
    return ::mount(path(from).c_str(), path(to).c_str(), nullptr, MS_BIND, nullptr) == 0;
  }

  test::TempDir temp;
  UniqueFd dir;
};

TEST_F(FileTreeMounts, AnotherFileSystemInTheTreeIsLeftAlone) {
  ASSERT_EQ(::mount("tmpfs", path("tree/a/mounted").c_str(), "tmpfs", 0, nullptr), 0);
  std::ofstream(path("tree/a/mounted/keep")) << "x";
  EXPECT_EQ(outcome(remove_tree(dir.get(), "tree")), "failed_precondition");
  EXPECT_TRUE(fs::exists(path("tree/a/mounted/keep")));
}

TEST_F(FileTreeMounts, TheSameFileSystemBoundIntoTheTreeIsLeftAlone) {
  ASSERT_TRUE(bind("outside", "tree/a/mounted"));
  EXPECT_EQ(outcome(remove_tree(dir.get(), "tree")), "failed_precondition");
  EXPECT_TRUE(fs::exists(path("outside/keep")));
}

TEST_F(FileTreeMounts, AMountDirectlyBelowTheTopIsLeftAlone) {
  const UniqueFd tree = open_dir(path("tree")).value();
  ASSERT_TRUE(bind("outside", "tree/a/mounted"));
  EXPECT_EQ(outcome(remove_tree(tree.get(), "a")), "failed_precondition");
  EXPECT_TRUE(fs::exists(path("outside/keep")));
}

TEST_F(FileTreeMounts, AMountOnTheTopItselfIsLeftAlone) {
  ASSERT_TRUE(bind("outside", "tree"));
  EXPECT_EQ(outcome(remove_tree(dir.get(), "tree")), "failed_precondition");
  EXPECT_TRUE(fs::exists(path("outside/keep")));
}

TEST_F(FileTreeMounts, AFileBoundOverAFileIsLeftAlone) {
  std::ofstream(path("tree/file")) << "y";
  ASSERT_TRUE(bind("outside/keep", "tree/file"));
  EXPECT_EQ(outcome(remove_tree(dir.get(), "tree")), "busy");
  EXPECT_TRUE(fs::exists(path("outside/keep")));
}

TEST_F(FileTreeMounts, RemovingAgainAfterUnmountingFinishes) {
  ASSERT_TRUE(bind("outside", "tree/a/mounted"));
  ASSERT_NE(outcome(remove_tree(dir.get(), "tree")), "ok");
  ASSERT_EQ(::umount2(path("tree/a/mounted").c_str(), MNT_DETACH), 0);
  EXPECT_EQ(test::words(remove_tree(dir.get(), "tree")), "");
  EXPECT_FALSE(fs::exists(path("tree")));
}

}  // namespace
}  // namespace bayplan::file
