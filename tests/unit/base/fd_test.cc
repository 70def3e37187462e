#include "bayplan/base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <type_traits>

namespace bayplan {
namespace {

int open_something() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(UniqueFd, ClosesInItsDestructor) {
  int number = -1;
  {
    const UniqueFd fd(open_something());
    number = fd.get();
    EXPECT_TRUE(fd);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, EmptyHoldsNothing) {
  EXPECT_FALSE(UniqueFd());
  EXPECT_EQ(UniqueFd().get(), -1);
  EXPECT_FALSE(UniqueFd(-1));
}

TEST(UniqueFd, MovingTransfersAndClosesTheOld) {
  UniqueFd first(open_something());
  const int number = first.get();
  UniqueFd second(open_something());
  const int old = second.get();
  second = std::move(first);
  EXPECT_EQ(second.get(), number);
  EXPECT_TRUE(is_open(number));
  EXPECT_FALSE(is_open(old));
  const UniqueFd third(std::move(second));
  EXPECT_EQ(third.get(), number);
}

TEST(UniqueFd, ReleaseGivesItAway) {
  UniqueFd fd(open_something());
  const int number = fd.release();
  EXPECT_FALSE(fd);
  fd.reset();
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

TEST(UniqueFd, ResetReplaces) {
  UniqueFd fd(open_something());
  const int old = fd.get();
  fd.reset(open_something());
  EXPECT_NE(fd.get(), old);
  EXPECT_FALSE(is_open(old));
}

static_assert(!std::is_copy_constructible_v<UniqueFd> && !std::is_copy_assignable_v<UniqueFd>);

}  // namespace
}  // namespace bayplan
