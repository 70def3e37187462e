#include "sockets.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace bayplan::registry {
namespace {

/// One end is what libcurl has, the other sees whether it was shut down.
struct Pair {
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0); }
  ~Pair() { ::close(ends[1]); }
  int ours() const { return ends[0]; }
  bool is_shut_down() const {
    char byte = 0;
    return ::read(ends[1], &byte, 1) == 0;
  }
  std::array<int, 2> ends{};
};

class SocketsTest : public testing::Test {
 protected:
  SocketsTest() {
    for (const Pair* pair : {&one_, &two_}) {
      impatient_.opened(pair->ours());
      patient_.opened(pair->ours());
    }
  }
  ~SocketsTest() override {
    impatient_.close(one_.ours());
    impatient_.close(two_.ours());
  }

  Pair one_, two_;
  Sockets impatient_{std::chrono::milliseconds(0)};
  Sockets patient_{std::chrono::hours(1)};
};

TEST_F(SocketsTest, ALongCallLosesItsSocket) {
  impatient_.enter(one_.ours());
  impatient_.end_long_call();
  EXPECT_TRUE(one_.is_shut_down());
  EXPECT_FALSE(two_.is_shut_down());
}

TEST_F(SocketsTest, OneOfATimerLosesAll) {
  impatient_.enter(-1);
  impatient_.end_long_call();
  EXPECT_TRUE(one_.is_shut_down());
  EXPECT_TRUE(two_.is_shut_down());
}

TEST_F(SocketsTest, NobodyLosesAnythingInTimeOrOutsideOfCalls) {
  patient_.enter(one_.ours());
  patient_.end_long_call();
  impatient_.end_long_call();
  impatient_.enter(one_.ours());
  impatient_.leave();
  impatient_.end_long_call();
  EXPECT_FALSE(one_.is_shut_down());
  EXPECT_FALSE(two_.is_shut_down());
}

TEST_F(SocketsTest, WhatIsClosedIsForgotten) {
  const Pair other;
  impatient_.close(one_.ours());
  ASSERT_EQ(::dup2(other.ours(), one_.ours()), one_.ours());  // somebody else has the number now
  impatient_.enter(one_.ours());
  impatient_.end_long_call();
  EXPECT_FALSE(other.is_shut_down());
  ::close(other.ours());
}

}  // namespace
}  // namespace bayplan::registry
