#include "map_users.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

namespace bayplan::metadata {
namespace {

TEST(MapUsers, the_map_moves_only_when_nobody_stands_on_it) {
  MapUsers users;
  int moved = 0;
  const auto move = [&] { ++moved; };
  EXPECT_TRUE(users.alone(move));
  users.enter();
  users.enter();
  EXPECT_FALSE(users.alone(move));
  users.leave();
  EXPECT_FALSE(users.alone(move)) << "one of two is still there";
  users.leave();
  EXPECT_TRUE(users.alone(move));
  EXPECT_EQ(moved, 2);
}

TEST(MapUsers, one_thread_may_leave_what_another_entered) {
  MapUsers users;
  std::thread([&] { users.enter(); }).join();
  std::thread([&] { users.enter(); }).join();
  EXPECT_FALSE(users.alone([] {}));
  users.leave();
  EXPECT_FALSE(users.alone([] {}));
  users.leave();
  EXPECT_TRUE(users.alone([] {}));
}

TEST(MapUsers, who_was_refused_keeps_nobody_out) {
  MapUsers users;
  users.enter();
  EXPECT_FALSE(users.alone([] {}));
  std::thread([&] {
    users.enter();
    users.leave();
  }).join();
  users.leave();
  EXPECT_TRUE(users.alone([] {}));
}

// What it guards is plain memory: the thread sanitizer sees an overlap as well.
TEST(MapUsers, readers_of_several_threads_never_see_half_a_move) {
  constexpr int kEach = 20000;
  MapUsers users;
  std::array<int, 2> map{};
  std::atomic<int> reading{2};
  const auto read = [&] {
    bool whole = true;
    for (int n = 0; n < kEach; ++n) {
      users.enter();
      whole = whole && map[0] == map[1];
      users.leave();
    }
    EXPECT_TRUE(whole);
    --reading;
  };
  std::thread one(read);
  std::thread two(read);
  int moved = 0;
  while (reading > 0) {
    moved += static_cast<int>(users.alone([&] {
      ++map[0];
      std::this_thread::yield();
      ++map[1];
    }));
  }
  one.join();
  two.join();
  EXPECT_EQ(map[0], moved) << "moved exactly where it says so";
}

}  // namespace
}  // namespace bayplan::metadata
