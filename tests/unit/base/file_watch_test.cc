#include "bayplan/base/file_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/temp_dir.h"

namespace bayplan {
namespace {

constexpr std::chrono::hours kForEver{24};

class Watched : public ::testing::Test {
 protected:
  void write() const { ASSERT_EQ(::pwrite(file_.get(), "x", 1, 0), 1); }
  test::TempDir dir_;
  UniqueFd file_{::open((dir_.path() / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  FileWatch watch_{file_.get(), FileWatch::For::write};
};

TEST_F(Watched, wakes_after_a_write_that_was_not_forgotten) {
  ASSERT_TRUE(watch_.watches());
  watch_.forget();
  write();
  watch_.wait(kForEver);
  watch_.wait(kForEver);
  watch_.forget();
  watch_.wait(std::chrono::milliseconds(0));
}

TEST_F(Watched, sees_writes_through_another_name) {
  watch_.forget();
  const auto other = dir_.path() / "other";
  ASSERT_EQ(::rename((dir_.path() / "file").c_str(), other.c_str()), 0);
  const UniqueFd file(::open(other.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::pwrite(file.get(), "x", 1, 0), 1);
  watch_.wait(kForEver);
}

TEST_F(Watched, wakes_when_a_directory_is_closed) {
  UniqueFd directory(::open(dir_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  UniqueFd other(::open(dir_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const FileWatch watch(directory.get(), FileWatch::For::close);
  ASSERT_TRUE(watch.watches());
  write();
  other.reset();
  watch.wait(kForEver);
  watch.forget();
  watch.wait(std::chrono::milliseconds(0));
}

TEST(FileWatch, only_waits_where_it_cannot_watch) {
  const FileWatch watch(-1, FileWatch::For::write);
  EXPECT_FALSE(watch.watches());
  watch.forget();
  watch.wait(std::chrono::milliseconds(1));
}

}  // namespace
}  // namespace bayplan
