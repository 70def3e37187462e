#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <thread>

#include "bayplan/base/file.h"
#include "outcome.h"
#include "support/temp_dir.h"

namespace bayplan::file {
namespace {

using test::outcome;

class FileLock : public ::testing::Test {
 protected:
  test::TempDir temp;
  // A descriptor of its own on the one lock file.
  UniqueFd another() const { return open_beneath(temp.fd(), "lock", O_RDWR | O_CREAT, 0600).value(); }
};

TEST_F(FileLock, WholeFileLockExcludesOtherDescriptors) {
  UniqueFd first = another();
  const UniqueFd second = another();
  EXPECT_EQ(outcome(try_lock_exclusive(first.get(), "lock")), "ok");
  EXPECT_EQ(outcome(try_lock_exclusive(first.get(), "lock")), "ok");
  const auto held = try_lock_exclusive(second.get(), "lock");
  EXPECT_EQ(outcome(held), "busy");
  EXPECT_EQ(held.error().name(), "lock");
  first.reset();
  EXPECT_EQ(outcome(try_lock_exclusive(second.get(), "lock")), "ok");
}

TEST_F(FileLock, WholeFileLockWaits) {
  UniqueFd first = another();
  const UniqueFd second = another();
  ASSERT_EQ(outcome(lock_exclusive(first.get(), "lock")), "ok");
  std::atomic<bool> waiting{false};
  std::atomic<bool> released{false};
  std::thread waiter([&] {
    waiting = true;
    EXPECT_EQ(outcome(lock_exclusive(second.get(), "lock")), "ok");
    EXPECT_TRUE(released);
  });
  while (!waiting) std::this_thread::yield();
  released = true;
  first.reset();
  waiter.join();
}

TEST_F(FileLock, SharedLocksExcludeExclusiveOnesOnly) {
  UniqueFd first = another();
  UniqueFd second = another();
  const UniqueFd third = another();
  EXPECT_EQ(outcome(try_lock_shared(first.get(), "lock")), "ok");
  EXPECT_EQ(outcome(try_lock_shared(second.get(), "lock")), "ok");
  EXPECT_EQ(outcome(try_lock_exclusive(third.get(), "lock")), "busy");
  first.reset();
  second.reset();
  EXPECT_EQ(outcome(try_lock_exclusive(third.get(), "lock")), "ok");
  EXPECT_EQ(outcome(try_lock_shared(another().get(), "lock")), "busy");
}

TEST_F(FileLock, AFileIsStillAtItsNameUntilAnotherIs) {
  const UniqueFd first = another();
  EXPECT_TRUE(is_still_at(first.get(), temp.fd(), "lock").value());
  ASSERT_EQ(outcome(unlink(temp.fd(), "lock")), "ok");
  EXPECT_FALSE(is_still_at(first.get(), temp.fd(), "lock").value());
  const UniqueFd second = another();
  EXPECT_FALSE(is_still_at(first.get(), temp.fd(), "lock").value());
  EXPECT_TRUE(is_still_at(second.get(), temp.fd(), "lock").value());
  EXPECT_EQ(outcome(is_still_at(first.get(), temp.fd(), "a/b")), "invalid_argument");
}

TEST_F(FileLock, BytesAreIndependent) {
  const UniqueFd first = another();
  const UniqueFd second = another();
  EXPECT_EQ(outcome(try_lock_byte(first.get(), 7, "lock")), "ok");
  EXPECT_EQ(outcome(try_lock_byte(second.get(), 8, "lock")), "ok");
  EXPECT_EQ(outcome(try_lock_byte(second.get(), 6, "lock")), "ok");
  EXPECT_EQ(outcome(try_lock_byte(second.get(), 7, "lock")), "busy");
}

TEST_F(FileLock, ByteIsReleasedByUnlockOrClose) {
  UniqueFd first = another();
  const UniqueFd second = another();
  ASSERT_EQ(outcome(try_lock_byte(first.get(), 7, "lock")), "ok");
  unlock_byte(first.get(), 7);
  ASSERT_EQ(outcome(try_lock_byte(second.get(), 7, "lock")), "ok");
  unlock_byte(second.get(), 7);
  ASSERT_EQ(outcome(try_lock_byte(first.get(), 7, "lock")), "ok");
  first.reset();
  EXPECT_EQ(outcome(try_lock_byte(second.get(), 7, "lock")), "ok");
}

TEST_F(FileLock, ByteSurvivesTheCloseOfAnotherDescriptor) {
  // What classic POSIX locks get wrong.
  const UniqueFd holder = another();
  const UniqueFd prober = another();
  ASSERT_EQ(outcome(try_lock_byte(holder.get(), 7, "lock")), "ok");
  another().reset();
  EXPECT_EQ(outcome(try_lock_byte(prober.get(), 7, "lock")), "busy");
}

TEST_F(FileLock, ByteLockWaits) {
  const UniqueFd first = another();
  const UniqueFd second = another();
  ASSERT_EQ(outcome(lock_byte(first.get(), 3, "lock")), "ok");
  std::atomic<bool> waiting{false};
  std::atomic<bool> released{false};
  std::thread waiter([&] {
    waiting = true;
    EXPECT_EQ(outcome(lock_byte(second.get(), 3, "lock")), "ok");
    EXPECT_TRUE(released);
  });
  while (!waiting) std::this_thread::yield();
  released = true;
  unlock_byte(first.get(), 3);
  waiter.join();
}

TEST_F(FileLock, OffsetsReachAllOfAnOffT) {
  const UniqueFd fd = another();
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(outcome(try_lock_byte(fd.get(), kMax - 1, "lock")), "ok");
  EXPECT_EQ(outcome(try_lock_byte(fd.get(), kMax, "lock")), "invalid_argument");
  EXPECT_EQ(outcome(lock_byte(fd.get(), std::numeric_limits<std::uint64_t>::max(), "lock")),
            "invalid_argument");
}

TEST_F(FileLock, ErrorsOfTheSystemAreReported) {
  EXPECT_EQ(lock_exclusive(-1, "gone").error().os_errno(), EBADF);
  EXPECT_EQ(lock_byte(-1, 0, "gone").error().os_errno(), EBADF);
}

}  // namespace
}  // namespace bayplan::file
