#include "copy_content.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

class CopyContent : public testing::Test {
 protected:
  void copy(std::uint64_t size, const std::string& expected = "ok") {
    const UniqueFd from(::open((dir.path() / "from").c_str(), O_RDONLY | O_CLOEXEC));
    const UniqueFd to(::open((dir.path() / "to").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    ASSERT_TRUE(from && to);
    EXPECT_EQ(outcome(ContentCopier().copy(from.get(), to.get(), size, "from")), expected);
  }
  std::string copied() { return read_file(dir.path() / "to"); }

  test::TempDir dir;
};

TEST_F(CopyContent, bytes) {
  std::string content;
  for (int i = 0; i < 200'000; ++i) content += std::to_string(i);
  write_file(dir.path() / "from", content);
  copy(content.size());
  EXPECT_TRUE(copied() == content);
}

TEST_F(CopyContent, nothing) {
  write_file(dir.path() / "from", "");
  copy(0);
  EXPECT_EQ(copied(), "");
}

TEST_F(CopyContent, holes_stay_holes) {
  write_file(dir.path() / "from", "");
  const UniqueFd fd(::open((dir.path() / "from").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::pwrite(fd.get(), "middle", 6, 8 << 20), 6);
  ASSERT_EQ(::ftruncate(fd.get(), 64 << 20), 0);
  copy(64 << 20);
  struct stat info {};
  ASSERT_EQ(::stat((dir.path() / "to").c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 64 << 20);
  EXPECT_LT(info.st_blocks * 512, 1 << 20);
  const std::string content = copied();
  EXPECT_EQ(content.substr(8 << 20, 6), "middle");
  EXPECT_EQ(content.find_first_not_of('\0'), std::size_t{8} << 20);
}

TEST_F(CopyContent, a_file_that_is_shorter_than_said_leaves_a_hole_not_a_shorter_copy) {
  write_file(dir.path() / "from", "abc");
  copy(5);
  EXPECT_EQ(copied(), std::string("abc\0\0", 5));
}

// From another file system no call copies in the kernel: reading and writing remain.
TEST_F(CopyContent, from_a_file_system_of_another_kind) {
  const UniqueFd from(::memfd_create("from", MFD_CLOEXEC));
  const UniqueFd to(::open((dir.path() / "to").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  ASSERT_TRUE(from && to);
  const std::string content(700'000, 'm');
  ASSERT_EQ(::write(from.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
  ASSERT_EQ(words(ContentCopier().copy(from.get(), to.get(), content.size(), "from")), "");
  EXPECT_TRUE(copied() == content);
}

}  // namespace
}  // namespace bayplan::snapshots
