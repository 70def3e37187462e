// What remove_tree does about mounts; in a mount namespace of its own.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

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

struct FileTreeOverlay : FileTreeMounts {
  void SetUp() override {
    FileTreeMounts::SetUp();
    for (const char* name : {"layers", "merged"}) fs::create_directories(path(name));
    // Of its own, so that an overlay may lie on it whatever the directory of tests is on.
    ASSERT_EQ(::mount("tmpfs", path("layers").c_str(), "tmpfs", 0, nullptr), 0);
    for (const char* name : {"layers/lower", "layers/upper", "layers/work"})
      fs::create_directories(path(name));
  }
  void TearDown() override {
    for (const char* name : {"merged", "layers"}) ::umount2(path(name).c_str(), MNT_DETACH);
    FileTreeMounts::TearDown();
  }
  void mount_overlay() const {
    const std::string options = "lowerdir=" + path("layers/lower").native() +
                                ",upperdir=" + path("layers/upper").native() +
                                ",workdir=" + path("layers/work").native();
    ASSERT_EQ(::mount("overlay", path("merged").c_str(), "overlay", 0, options.c_str()), 0);
  }
};

TEST_F(FileTreeOverlay, DirectoriesThatCannotBeRenamedAreWalked) {
  fs::create_directories(path("layers/lower/tree/1/2/3/4/5/6/7"));
  std::ofstream(path("layers/lower/tree/1/2/3/4/5/6/7/file")) << "x";
  mount_overlay();
  const UniqueFd merged = open_dir(path("merged")).value();
  EXPECT_EQ(test::words(remove_tree(merged.get(), "tree")), "");
  EXPECT_FALSE(fs::exists(path("merged/tree")));
}

TEST_F(FileTreeOverlay, WhatIsThereAndCannotBeFoundIsAnErrorAndNoEndlessLoop) {
  fs::create_directories(path("layers/upper/tree"));
  ASSERT_EQ(::mknod(path("layers/upper/tree/hidden").c_str(), S_IFCHR, 0), 0);
  mount_overlay();
  const UniqueFd merged = open_dir(path("merged")).value();
  EXPECT_NE(outcome(remove_tree(merged.get(), "tree")), "ok");
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
