#include "tree_copy.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "bayplan/base/file.h"
#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

class TreeCopy : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* const name : {"from", "to", "scratch"})
      std::filesystem::create_directory(dir.path() / name);
  }
  Result<void> copy() {
    const UniqueFd source = file::open_dir_at(dir.fd(), "from").value();
    const UniqueFd target = file::open_dir_at(dir.fd(), "to").value();
    const UniqueFd scratch = file::open_dir_at(dir.fd(), "scratch").value();
    return copy_tree(source.get(), target.get(), scratch.get());
  }
  static struct stat stat_of(const std::filesystem::path& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info;
  }
  /// Everything stat tells that a copy keeps.
  static std::string look(const std::filesystem::path& path) {
    const struct stat info = stat_of(path);
    std::ostringstream text;
    text << std::oct << info.st_mode << std::dec << ' ' << info.st_uid << ':' << info.st_gid << ' '
         << info.st_rdev << ' ' << info.st_mtim.tv_sec << '.' << info.st_mtim.tv_nsec;
    if (!S_ISDIR(info.st_mode)) text << ' ' << info.st_nlink << ' ' << info.st_size;
    return text.str();
  }
  static void set_mtime(const std::filesystem::path& path, time_t seconds, long nanoseconds) {
    const std::array<struct timespec, 2> times{timespec{seconds, nanoseconds},
                                               timespec{seconds, nanoseconds}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW), 0);
  }

  test::TempDir dir;
  std::filesystem::path from = dir.path() / "from";
  std::filesystem::path to = dir.path() / "to";
};

TEST_F(TreeCopy, every_type_with_owner_mode_and_times) {
  std::filesystem::create_directories(from / "sub/deep");
  write_file(from / "sub/file", "content");
  ASSERT_EQ(::symlink("../no/where", (from / "sub/link").c_str()), 0);
  ASSERT_EQ(::mkfifo((from / "fifo").c_str(), 0640), 0);
  ASSERT_EQ(::mknod((from / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  ASSERT_EQ(::mknod((from / "disk").c_str(), S_IFBLK | 0600, makedev(7, 200)), 0);
  ASSERT_EQ(::mknod((from / "whiteout").c_str(), S_IFCHR, makedev(0, 0)), 0);
  ASSERT_EQ(::mknod((from / "socket").c_str(), S_IFSOCK | 0600, 0), 0);
  const std::vector<std::string> names{"sub/file", "sub/link", "sub/deep", "sub",   "fifo",
                                       "null",     "disk",     "whiteout", "socket"};
  unsigned id = 100;
  for (const std::string& name : names) {
    ASSERT_EQ(::lchown((from / name).c_str(), id, id + 1), 0);
    id += 2;
  }
  ASSERT_EQ(::chmod((from / "sub/file").c_str(), 06755), 0);
  ASSERT_EQ(::chmod((from / "sub").c_str(), 03700), 0);
  ASSERT_EQ(::chmod((from / "sub/deep").c_str(), 0), 0);
  for (const std::string& name : names) set_mtime(from / name, static_cast<time_t>(id++), 123'456'789);
  ASSERT_EQ(::chmod(from.c_str(), 0711), 0);
  set_mtime(from, 5, 6);
  ASSERT_EQ(words(copy()), "");
  for (const std::string& name : names) EXPECT_EQ(look(to / name), look(from / name)) << name;
  EXPECT_EQ(look(to), look(from));
  EXPECT_EQ(read_file(to / "sub/file"), "content");
  EXPECT_EQ(std::filesystem::read_symlink(to / "sub/link"), "../no/where");
}

TEST_F(TreeCopy, hard_links_of_every_type_across_directories) {
  std::filesystem::create_directories(from / "a/b");
  write_file(from / "a/one", "shared");
  std::filesystem::create_hard_link(from / "a/one", from / "a/b/two");
  std::filesystem::create_hard_link(from / "a/one", from / "three");
  ASSERT_EQ(::symlink("target", (from / "link").c_str()), 0);
  ASSERT_EQ(::link((from / "link").c_str(), (from / "a/link").c_str()), 0);
  ASSERT_EQ(words(copy()), "");
  std::filesystem::remove_all(dir.path() / "scratch");
  EXPECT_EQ(stat_of(to / "a/one").st_nlink, 3u);
  EXPECT_EQ(stat_of(to / "a/one").st_ino, stat_of(to / "a/b/two").st_ino);
  EXPECT_EQ(stat_of(to / "a/one").st_ino, stat_of(to / "three").st_ino);
  EXPECT_EQ(stat_of(to / "link").st_ino, stat_of(to / "a/link").st_ino);
  EXPECT_NE(stat_of(to / "a/one").st_ino, stat_of(from / "a/one").st_ino);
}

TEST_F(TreeCopy, extended_attributes_of_files_directories_and_links) {
  std::filesystem::create_directory(from / "dir");
  write_file(from / "file", "x");
  ASSERT_EQ(::symlink("x", (from / "link").c_str()), 0);
  const std::string big(3000, 'b');
  for (const char* const name : {"dir", "file", "link"}) {
    const auto path = from / name;
    ASSERT_EQ(::lsetxattr(path.c_str(), "trusted.one", "1", 1, 0), 0) << name;
    ASSERT_EQ(::lsetxattr(path.c_str(), "trusted.empty", "", 0, 0), 0) << name;
    ASSERT_EQ(::lsetxattr(path.c_str(), "trusted.overlay.opaque", "y", 1, 0), 0) << name;
    ASSERT_EQ(
        ::lsetxattr(path.c_str(), ("trusted." + std::string(240, 'n')).c_str(), big.data(), big.size(), 0),
        0);
  }
  ASSERT_EQ(words(copy()), "");
  for (const char* const name : {"dir", "file", "link"}) {
    std::string value(4000, '\0');
    const auto get = [&](const std::string& key) {
      return ::lgetxattr((to / name).c_str(), key.c_str(), value.data(), value.size());
    };
    EXPECT_EQ(get("trusted.one"), 1) << name;
    EXPECT_EQ(get("trusted.empty"), 0) << name;
    EXPECT_EQ(get("trusted.overlay.opaque"), 1) << name;
    EXPECT_EQ(get("trusted." + std::string(240, 'n')), 3000) << name;
  }
}

TEST_F(TreeCopy, a_capability_survives_the_change_of_owner) {
  write_file(from / "file", "x");
  ASSERT_EQ(::chown((from / "file").c_str(), 7, 7), 0);
  // Version 2, effective, CAP_NET_RAW.
  const std::array<unsigned char, 20> capability{1, 0, 0, 2, 0, 32};
  ASSERT_EQ(
      ::setxattr((from / "file").c_str(), "security.capability", capability.data(), capability.size(), 0), 0);
  ASSERT_EQ(words(copy()), "");
  std::array<unsigned char, 20> copied{};
  EXPECT_EQ(::getxattr((to / "file").c_str(), "security.capability", copied.data(), copied.size()), 20);
  EXPECT_EQ(copied, capability);
}

TEST_F(TreeCopy, a_tree_deeper_than_any_path) {
  UniqueFd at = file::open_dir_at(dir.fd(), "from").value();
  for (int i = 0; i < 2500; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), "dd", 0700), 0);
    at = file::open_dir_at(at.get(), "dd").value();
  }
  ASSERT_EQ(::mknodat(at.get(), "bottom", S_IFREG | 0600, 0), 0);
  ASSERT_EQ(words(copy()), "");
  at = file::open_dir_at(dir.fd(), "to").value();
  for (int i = 0; i < 2500; ++i) at = file::open_dir_at(at.get(), "dd").value();
  EXPECT_TRUE(file::stat_at(at.get(), "bottom"));
}

TEST_F(TreeCopy, links_are_not_followed) {
  write_file(dir.path() / "outside", "secret");
  ASSERT_EQ(::symlink("../outside", (from / "link").c_str()), 0);
  ASSERT_EQ(::symlink("..", (from / "dirlink").c_str()), 0);
  ASSERT_EQ(words(copy()), "");
  EXPECT_TRUE(std::filesystem::is_symlink(to / "link"));
  EXPECT_TRUE(std::filesystem::is_symlink(to / "dirlink"));
}

}  // namespace
}  // namespace bayplan::snapshots
