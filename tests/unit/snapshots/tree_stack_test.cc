#include "tree_stack.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bayplan/base/file.h"
#include "support/temp_dir.h"

namespace bayplan::snapshots {
namespace {

ino_t inode(int fd) {
  struct stat info {};
  EXPECT_EQ(::fstat(fd, &info), 0);
  return info.st_ino;
}

TEST(TreeStack, goes_down_and_finds_its_way_back_from_any_depth) {
  const test::TempDir dir;
  auto stack = TreeStack::open(dir.fd());
  ASSERT_TRUE(stack) << stack.error().to_string();
  std::vector<ino_t> way{inode(stack->fd())};
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(::mkdirat(stack->fd(), "d", 0700), 0);
    ASSERT_TRUE(stack->descend("d"));
    way.push_back(inode(stack->fd()));
  }
  EXPECT_EQ(stack->depth(), 200u);
  while (stack->depth() > 0) {
    ASSERT_EQ(inode(stack->fd()), way.back());
    way.pop_back();
    ASSERT_TRUE(stack->ascend());
  }
  EXPECT_EQ(inode(stack->fd()), way.front());
}

TEST(TreeStack, stays_where_it_was_when_it_cannot_descend) {
  const test::TempDir dir;
  ASSERT_EQ(::symlinkat(".", dir.fd(), "link"), 0);
  ASSERT_EQ(::mknodat(dir.fd(), "file", S_IFREG | 0600, 0), 0);
  auto stack = TreeStack::open(dir.fd());
  ASSERT_TRUE(stack);
  for (const char* const name : {"absent", "link", "file", "..", "a/b"}) {
    EXPECT_FALSE(stack->descend(name)) << name;
    EXPECT_EQ(stack->depth(), 0u);
  }
  EXPECT_EQ(stack->descend("absent").error().code(), Errc::not_found);
}

TEST(TreeStack, notices_that_its_directory_was_moved_elsewhere) {
  const test::TempDir dir;
  ASSERT_EQ(::mkdirat(dir.fd(), "elsewhere", 0700), 0);
  auto stack = TreeStack::open(dir.fd());
  ASSERT_TRUE(stack);
  UniqueFd third;
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(::mkdirat(stack->fd(), "d", 0700), 0);
    if (i == 3) third.reset(::openat(stack->fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(stack->descend("d"));
  }
  ASSERT_EQ(::renameat(third.get(), "d", dir.fd(), "elsewhere/d"), 0);
  Result<void> ascended;
  while (stack->depth() > 0 && ascended) ascended = stack->ascend();
  ASSERT_FALSE(ascended);
  EXPECT_EQ(ascended.error().code(), Errc::busy);
}

}  // namespace
}  // namespace bayplan::snapshots
