#include "tree_usage.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

TEST(TreeUsage, counts_each_inode_once_and_blocks_not_lengths) {
  const test::TempDir dir;
  const auto& root = dir.path();
  std::filesystem::create_directories(root / "a/b");
  write_file(root / "a/file", std::string(50'000, 'x'));
  std::filesystem::create_hard_link(root / "a/file", root / "a/b/same");
  ASSERT_EQ(::symlink("/etc", (root / "link").c_str()), 0);
  ASSERT_EQ(::mkfifo((root / "fifo").c_str(), 0600), 0);
  write_file(root / "sparse", "");
  ASSERT_EQ(::truncate((root / "sparse").c_str(), 1l << 30), 0);
  const auto usage = tree_usage(dir.fd());
  ASSERT_EQ(words(usage), "");
  EXPECT_EQ(usage->inodes, 7u);  // root, a, a/b, file, link, fifo, sparse
  EXPECT_GE(usage->bytes, 50'000u);
  EXPECT_LT(usage->bytes, 1u << 20);
}

TEST(TreeUsage, of_an_empty_directory) {
  const test::TempDir dir;
  EXPECT_EQ(tree_usage(dir.fd())->inodes, 1u);
}

TEST(TreeUsage, follows_no_link_out) {
  const test::TempDir dir;
  const test::TempDir other;
  write_file(other.path() / "file", "x");
  ASSERT_EQ(::symlink(other.path().c_str(), (dir.path() / "link").c_str()), 0);
  EXPECT_EQ(tree_usage(dir.fd())->inodes, 2u);
}

}  // namespace
}  // namespace bayplan::snapshots
