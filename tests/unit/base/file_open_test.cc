#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777u;
}

void write_text(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }

class Umask {
 public:
  explicit Umask(mode_t mask) : old_(::umask(mask)) {}
  ~Umask() { ::umask(old_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t old_;
};

class FileOpen : public ::testing::Test {
 protected:
  test::TempDir temp;
  fs::path path(std::string_view name) const { return temp.path() / name; }
};

const std::string kBadNames[] = {"", ".", "..", "a/b", "/", "/etc", "a/", std::string("a\0b", 3)};

TEST_F(FileOpen, OpenDirOpensADirectoryCloseOnExec) {
  const auto fd = open_dir(temp.path());
  ASSERT_TRUE(fd);
  EXPECT_EQ(::fcntl(fd.value().get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(FileOpen, OpenDirFollowsTheOperatorsLinks) {
  fs::create_directory(path("real"));
  fs::create_directory_symlink("real", path("link"));
  EXPECT_EQ(outcome(open_dir(path("link"))), "ok");
}

TEST_F(FileOpen, OpenDirErrorsNameThePath) {
  const auto missing = open_dir(path("missing"));
  ASSERT_EQ(outcome(missing), "not_found");
  EXPECT_EQ(missing.error().kind(), "directory");
  EXPECT_EQ(missing.error().name(), path("missing").string());
  write_text(path("file"), "x");
  EXPECT_EQ(outcome(open_dir(path("file"))), "io");
  EXPECT_EQ(outcome(open_dir(temp.path().native() + std::string("\0x", 2))), "invalid_argument");
}

TEST_F(FileOpen, OpenDirAtRefusesLinks) {
  fs::create_directory(path("real"));
  fs::create_directory_symlink("real", path("link"));
  EXPECT_EQ(outcome(open_dir_at(temp.fd(), "real")), "ok");
  EXPECT_NE(outcome(open_dir_at(temp.fd(), "link")), "ok");
  EXPECT_EQ(outcome(open_dir_at(temp.fd(), "missing")), "not_found");
}

TEST_F(FileOpen, NamesAreOneComponent) {
  fs::create_directories(path("a/b"));
  for (const std::string& name : kBadNames) {
    EXPECT_EQ(outcome(open_dir_at(temp.fd(), name)), "invalid_argument") << name;
    EXPECT_EQ(outcome(ensure_private_dir_at(temp.fd(), name)), "invalid_argument") << name;
    EXPECT_EQ(outcome(stat_at(temp.fd(), name)), "invalid_argument") << name;
  }
}

TEST_F(FileOpen, EnsurePrivateDirCreatesParents0700) {
  for (const mode_t mask : {mode_t{0}, mode_t{077}}) {
    const Umask umask(mask);
    const fs::path top = path("mask" + std::to_string(mask));
    ASSERT_EQ(outcome(ensure_private_dir(top / "b" / "c")), "ok");
    EXPECT_EQ(mode_of(top), 0700u);
    EXPECT_EQ(mode_of(top / "b"), 0700u);
    EXPECT_EQ(mode_of(top / "b/c"), 0700u);
  }
}

TEST_F(FileOpen, EnsurePrivateDirGivesAUsableDescriptor) {
  const auto made = ensure_private_dir(path("a/b/"));
  ASSERT_TRUE(made);
  EXPECT_EQ(outcome(replace_durably(made.value().get(), "x", "y")), "ok");
  EXPECT_TRUE(fs::exists(path("a/b/x")));
}

TEST_F(FileOpen, EnsurePrivateDirRepairsTheLastDirectoryOnly) {
  const Umask umask(0);
  fs::create_directories(path("a/b"));
  fs::permissions(path("a"), fs::perms(0755));
  fs::permissions(path("a/b"), fs::perms(0755));
  ASSERT_EQ(outcome(ensure_private_dir(path("a/b"))), "ok");
  EXPECT_EQ(mode_of(path("a")), 0755u);
  EXPECT_EQ(mode_of(path("a/b")), 0700u);
}

TEST_F(FileOpen, EnsurePrivateDirKeepsTheModeWhenAsked) {
  fs::create_directory(path("a"));
  fs::permissions(path("a"), fs::perms(0755));
  ASSERT_EQ(outcome(ensure_private_dir(path("a"), ExistingMode::keep)), "ok");
  EXPECT_EQ(mode_of(path("a")), 0755u);
}

TEST_F(FileOpen, EnsurePrivateDirDoesNotTakeASharedDirectoryForItself) {
  fs::create_directory(path("tmp"));
  fs::permissions(path("tmp"), fs::perms(01777));
  EXPECT_EQ(outcome(ensure_private_dir(path("tmp"))), "failed_precondition");
  EXPECT_EQ(mode_of(path("tmp")), 01777u);
  EXPECT_EQ(outcome(ensure_private_dir(path("tmp/mine"))), "ok");
}

TEST_F(FileOpen, EnsurePrivateDirFollowsTheOperatorsLinks) {
  fs::create_directory(path("real"));
  fs::create_directory_symlink("real", path("link"));
  ASSERT_EQ(outcome(ensure_private_dir(path("link/store"))), "ok");
  EXPECT_TRUE(fs::is_directory(path("real/store")));
}

TEST_F(FileOpen, EnsurePrivateDirErrors) {
  write_text(path("file"), "x");
  fs::create_symlink("nowhere", path("dangling"));
  EXPECT_EQ(outcome(ensure_private_dir("")), "invalid_argument");
  EXPECT_EQ(outcome(ensure_private_dir(path("file/x"))), "io");
  EXPECT_EQ(outcome(ensure_private_dir(path("file"))), "io");
  EXPECT_EQ(outcome(ensure_private_dir(path("dangling"))), "not_found");
  EXPECT_FALSE(fs::exists(path("nowhere")));
}

TEST_F(FileOpen, EnsurePrivateDirTakesRelativePaths) {
  const fs::path before = fs::current_path();
  fs::current_path(temp.path());
  EXPECT_EQ(outcome(ensure_private_dir("x/./y/../z")), "ok");
  fs::current_path(before);
  EXPECT_TRUE(fs::is_directory(path("x/y")));
  EXPECT_TRUE(fs::is_directory(path("x/z")));
}

TEST_F(FileOpen, EnsurePrivateDirAtCreatesRepairsAndRefusesLinks) {
  ASSERT_EQ(outcome(ensure_private_dir_at(temp.fd(), "a")), "ok");
  EXPECT_EQ(mode_of(path("a")), 0700u);
  fs::permissions(path("a"), fs::perms(0755));
  ASSERT_EQ(outcome(ensure_private_dir_at(temp.fd(), "a", ExistingMode::keep)), "ok");
  EXPECT_EQ(mode_of(path("a")), 0755u);
  ASSERT_EQ(outcome(ensure_private_dir_at(temp.fd(), "a")), "ok");
  EXPECT_EQ(mode_of(path("a")), 0700u);
  fs::create_directory_symlink("a", path("link"));
  EXPECT_NE(outcome(ensure_private_dir_at(temp.fd(), "link")), "ok");
}

TEST_F(FileOpen, OpenBeneathReachesDown) {
  fs::create_directories(path("a/b"));
  write_text(path("a/b/c"), "x");
  EXPECT_EQ(outcome(open_beneath(temp.fd(), "a/b/c", O_RDONLY)), "ok");
  EXPECT_EQ(outcome(open_beneath(temp.fd(), "a/../a/b/c", O_RDONLY)), "ok");
  EXPECT_EQ(outcome(open_beneath(temp.fd(), "a/b/missing", O_RDONLY)), "not_found");
  const auto fd = open_beneath(temp.fd(), "a/b/c", O_RDONLY);
  EXPECT_EQ(::fcntl(fd.value().get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(FileOpen, OpenBeneathCreatesWithItsMode) {
  const Umask umask(0);
  ASSERT_EQ(outcome(open_beneath(temp.fd(), "new", O_WRONLY | O_CREAT | O_EXCL, 0640)), "ok");
  EXPECT_EQ(mode_of(path("new")), 0640u);
  EXPECT_EQ(outcome(open_beneath(temp.fd(), "new", O_WRONLY | O_CREAT | O_EXCL, 0640)), "already_exists");
}

TEST_F(FileOpen, OpenBeneathCannotLeave) {
  fs::create_directory(path("in"));
  write_text(path("secret"), "x");
  const UniqueFd in = open_dir(path("in")).value();
  EXPECT_EQ(outcome(open_beneath(in.get(), "../secret", O_RDONLY)), "invalid_argument");
  EXPECT_EQ(outcome(open_beneath(in.get(), "..", O_RDONLY)), "invalid_argument");
  EXPECT_EQ(outcome(open_beneath(in.get(), path("secret").string(), O_RDONLY)), "invalid_argument");
  EXPECT_EQ(outcome(open_beneath(in.get(), "/", O_RDONLY)), "invalid_argument");
}

TEST_F(FileOpen, OpenBeneathFollowsNoLinkAnywhere) {
  fs::create_directory(path("real"));
  write_text(path("real/file"), "x");
  fs::create_directory_symlink("real", path("dir"));
  fs::create_symlink("real/file", path("link"));
  EXPECT_EQ(outcome(open_beneath(temp.fd(), "link", O_RDONLY)), "invalid_argument");
  EXPECT_EQ(outcome(open_beneath(temp.fd(), "dir/file", O_RDONLY)), "invalid_argument");
  EXPECT_EQ(outcome(open_beneath(temp.fd(), "link", O_WRONLY | O_CREAT, 0600)), "invalid_argument");
}

TEST_F(FileOpen, OpenBeneathRefusesPathsWithNul) {
  write_text(path("a"), "x");
  EXPECT_EQ(outcome(open_beneath(temp.fd(), std::string("a\0b", 3), O_RDONLY)), "invalid_argument");
}

TEST_F(FileOpen, OpenRegularTakesFilesOnly) {
  write_text(path("file"), "x");
  fs::create_directory(path("dir"));
  fs::create_symlink("file", path("link"));
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(outcome(open_regular(temp.fd(), "file")), "ok");
  EXPECT_EQ(outcome(open_regular(temp.fd(), "dir")), "invalid_argument");
  EXPECT_EQ(outcome(open_regular(temp.fd(), "link")), "invalid_argument");
  EXPECT_EQ(outcome(open_regular(temp.fd(), "fifo")), "invalid_argument");
  EXPECT_EQ(outcome(open_regular(temp.fd(), "missing")), "not_found");
}

TEST_F(FileOpen, StatDoesNotFollow) {
  write_text(path("file"), "12345");
  fs::create_symlink("file", path("link"));
  EXPECT_EQ(stat_at(temp.fd(), "file").value().st_size, 5);
  EXPECT_TRUE(S_ISLNK(stat_at(temp.fd(), "link").value().st_mode));
  const auto missing = stat_at(temp.fd(), "missing");
  EXPECT_EQ(outcome(missing), "not_found");
  EXPECT_EQ(missing.error().kind(), "file");
  EXPECT_EQ(missing.error().name(), "missing");
}

TEST_F(FileOpen, StatFd) {
  EXPECT_TRUE(S_ISDIR(stat_fd(temp.fd(), "temp").value().st_mode));
  EXPECT_EQ(stat_fd(-1, "gone").error().name(), "gone");
}

}  // namespace
}  // namespace bayplan::file
