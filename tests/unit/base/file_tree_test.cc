#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bayplan/base/file.h"
#include "outcome.h"
#include "support/temp_dir.h"

namespace bayplan::file {
namespace {

namespace fs = std::filesystem;
using test::outcome;

// Lowers the number of descriptors that can be opened to `spare` more than there are.
class FewDescriptors {
 public:
  explicit FewDescriptors(unsigned spare) {
    ::getrlimit(RLIMIT_NOFILE, &old_);
    const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const struct rlimit few { static_cast<rlim_t>(next.get()) + spare, old_.rlim_max };
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &old_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  struct rlimit old_ {};
};

// Looks at files as an ordinary user for as long as it lives, when the test runs as root.
class OrdinaryUser {
 public:
  static constexpr uid_t kUser = 65534;
  OrdinaryUser() { ::setfsuid(::geteuid() == 0 ? kUser : ::geteuid()); }
  ~OrdinaryUser() { ::setfsuid(::geteuid()); }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;
};

// A chain of `depth` directories below `dir`, each with a file in it.
void make_deep(int dir, const std::string& name, int depth) {
  ASSERT_EQ(::mkdirat(dir, name.c_str(), 0700), 0);
  UniqueFd at = open_dir_at(dir, name).value();
  for (int i = 1; i < depth; ++i) {
    const UniqueFd file(::openat(at.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::mkdirat(at.get(), "deeper", 0700), 0);
    at = open_dir_at(at.get(), "deeper").value();
  }
}

class FileTree : public ::testing::Test {
 protected:
  test::TempDir temp;
  fs::path path(std::string_view name) const { return temp.path() / name; }
  void put(std::string_view name) const { std::ofstream(path(name)) << "x"; }
  std::vector<std::string> left() const { return list(temp.fd(), "temp").value(); }
};

TEST_F(FileTree, ListIsSortedByBytesWithoutDots) {
  for (const char* name : {"b", "a", "B", ".hidden", "\xC3\xA4", "a-"}) put(name);
  EXPECT_EQ(left(), (std::vector<std::string>{".hidden", "B", "a", "a-", "b", "\xC3\xA4"}));
}

TEST_F(FileTree, ListCanBeRepeatedOnOneDescriptor) {
  put("a");
  EXPECT_EQ(left().size(), 1u);
  EXPECT_EQ(left().size(), 1u);
  put("b");
  EXPECT_EQ(left().size(), 2u);
}

TEST_F(FileTree, ListErrors) {
  put("file");
  const UniqueFd file = open_regular(temp.fd(), "file").value();
  EXPECT_EQ(outcome(list(file.get(), "file")), "io");
  EXPECT_EQ(list(-1, "gone").error().name(), "gone");
}

TEST_F(FileTree, RemovesFilesLinksAndAbsentNames) {
  put("file");
  fs::create_symlink("elsewhere", path("link"));
  EXPECT_EQ(outcome(remove_tree(temp.fd(), "file")), "ok");
  EXPECT_EQ(outcome(remove_tree(temp.fd(), "link")), "ok");
  EXPECT_EQ(outcome(remove_tree(temp.fd(), "absent")), "ok");
  EXPECT_TRUE(left().empty());
}

TEST_F(FileTree, RemovesABranchedTreeAndNothingBesideIt) {
  fs::create_directories(path("tree/a/b/c"));
  fs::create_directories(path("tree/a/d"));
  fs::create_directories(path("tree/e"));
  fs::create_directories(path("beside/a"));
  for (const char* name : {"tree/1", "tree/a/2", "tree/a/b/c/3", "tree/a/d/4", "beside/5"}) put(name);
  ASSERT_EQ(::mkfifo(path("tree/e/fifo").c_str(), 0600), 0);
  EXPECT_EQ(outcome(remove_tree(temp.fd(), "tree")), "ok");
  EXPECT_EQ(left(), std::vector<std::string>{"beside"});
  EXPECT_TRUE(fs::exists(path("beside/5")));
}

TEST_F(FileTree, AnswersTheDiskSpaceThatIsFree) {
  const auto space = [&](const char* name) {
    struct stat info {};
    EXPECT_EQ(::lstat(path(name).c_str(), &info), 0) << name;
    return static_cast<std::uint64_t>(info.st_blocks) * 512;
  };
  fs::create_directories(path("tree/a"));
  for (const char* name : {"tree/own", "tree/a/inside", "tree/shared"})
    std::ofstream(path(name)) << std::string(100'000, 'x');
  fs::create_hard_link(path("tree/a/inside"), path("tree/again"));
  fs::create_hard_link(path("tree/shared"), path("elsewhere"));
  const std::uint64_t expected = space("tree") + space("tree/a") + space("tree/own") + space("tree/a/inside");
  EXPECT_EQ(remove_tree(temp.fd(), "tree").value(), expected);
}

TEST_F(FileTree, FollowsNoLinks) {
  fs::create_directories(path("outside/inner"));
  put("outside/keep");
  fs::create_directories(path("tree/a"));
  fs::create_directory_symlink(path("outside"), path("tree/link"));
  fs::create_directory_symlink("../../outside", path("tree/a/link"));
  fs::create_directory_symlink("outside", path("top"));
  EXPECT_EQ(outcome(remove_tree(temp.fd(), "tree")), "ok");
  EXPECT_EQ(outcome(remove_tree(temp.fd(), "top")), "ok");
  EXPECT_EQ(left(), std::vector<std::string>{"outside"});
  EXPECT_TRUE(fs::exists(path("outside/keep")));
  EXPECT_TRUE(fs::exists(path("outside/inner")));
}

TEST_F(FileTree, TenThousandLevelsNeedAHandfulOfDescriptors) {
  make_deep(temp.fd(), "deep", 10'000);
  const FewDescriptors few(6);
  EXPECT_EQ(test::words(remove_tree(temp.fd(), "deep")), "");
  EXPECT_TRUE(left().empty());
}

TEST_F(FileTree, WideTreeNeedsAHandfulOfDescriptors) {
  for (int i = 0; i < 50; ++i) {
    for (int j = 0; j < 20; ++j)
      fs::create_directories(path("wide/" + std::to_string(i) + "/" + std::to_string(j)));
    put("wide/" + std::to_string(i) + "/file");
  }
  const FewDescriptors few(6);
  EXPECT_EQ(test::words(remove_tree(temp.fd(), "wide")), "");
  EXPECT_TRUE(left().empty());
}

TEST_F(FileTree, LeavesNoDescriptorOpen) {
  const auto count = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); };
  fs::create_directories(path("tree/a/b"));
  put("tree/a/file");
  const auto before = count();
  EXPECT_EQ(outcome(remove_tree(temp.fd(), "tree")), "ok");
  static_cast<void>(left());
  EXPECT_EQ(count(), before);
}

TEST_F(FileTree, NamesThatLookLikeItsOwnDoNotConfuseIt) {
  fs::create_directories(path("tree/.rm-0/.rm-0/.rm-1"));
  fs::create_directories(path("tree/.rm-0-1/x"));
  EXPECT_EQ(outcome(remove_tree(temp.fd(), "tree")), "ok");
  EXPECT_TRUE(left().empty());
}

TEST_F(FileTree, NamesAreOneComponent) {
  fs::create_directories(path("a/b"));
  for (const std::string& name : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                                  std::string("/"), std::string("a\0", 2)}) {
    EXPECT_EQ(outcome(remove_tree(temp.fd(), name)), "invalid_argument") << name;
  }
  EXPECT_TRUE(fs::exists(path("a/b")));
}

TEST_F(FileTree, OrdinaryUserRemovesOwnReadOnlyDirectories) {
  // Image layers are full of these; without CAP_DAC_OVERRIDE nothing in them can be unlinked or moved.
  fs::create_directories(path("tree/sealed/inner/x"));
  fs::create_directories(path("tree/locked/inner/y"));
  put("tree/sealed/file");
  put("tree/sealed/inner/file");
  for (const char* name : {"tree/sealed/inner", "tree/sealed", "tree/locked/inner", "tree/locked", "tree"}) {
    fs::permissions(path(name),
                    fs::perms(std::string_view(name).find("locked") != std::string_view::npos ? 0 : 0555));
  }
  if (::geteuid() == 0) {
    for (const fs::path& entry : fs::recursive_directory_iterator(temp.path())) {
      ASSERT_EQ(::lchown(entry.c_str(), OrdinaryUser::kUser, OrdinaryUser::kUser), 0);
    }
    ASSERT_EQ(::chown(temp.path().c_str(), OrdinaryUser::kUser, OrdinaryUser::kUser), 0);
  }
  {
    const OrdinaryUser user;
    EXPECT_EQ(test::words(remove_tree(temp.fd(), "tree")), "");
  }
  EXPECT_TRUE(left().empty());
}

TEST_F(FileTree, WhatIsNotOursIsAnErrorAndStays) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs files of another user";
  fs::create_directories(path("tree/theirs"));
  put("tree/theirs/file");
  fs::permissions(path("tree"), fs::perms(0755));
  fs::permissions(path("tree/theirs"), fs::perms(0755));
  {
    const OrdinaryUser user;
    EXPECT_EQ(outcome(remove_tree(temp.fd(), "tree")), "permission_denied");
  }
  EXPECT_TRUE(fs::exists(path("tree/theirs/file")));
}

}  // namespace
}  // namespace bayplan::file
