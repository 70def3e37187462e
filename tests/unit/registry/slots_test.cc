#include "slots.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

namespace bayplan::registry {
namespace {

TEST(Slots, AreCountedByName) {
  Slots slots(2);
  auto one = slots.take("a", {});
  auto two = slots.take("a", {});
  ASSERT_TRUE(one && two && slots.take("b", {}));
  CancelToken cancel;
  cancel.cancel();
  EXPECT_EQ(slots.take("a", cancel).error().code(), Errc::cancelled);
  *two = Slots::Slot();
  EXPECT_TRUE(slots.take("a", cancel));  // there is one: nobody waits
}

TEST(Slots, WhoCameFirstIsFirst) {
  Slots slots(1);
  std::optional<Slots::Slot> held(slots.take("a", {}).value());
  std::vector<int> order;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int n = 0; n < 8; ++n) {
    threads.emplace_back([&, n] {
      const auto slot = slots.take("a", {});
      const std::lock_guard lock(mutex);
      order.push_back(n);
    });
    while (slots.waiting("a") != static_cast<std::size_t>(n) + 1) std::this_thread::yield();
  }
  held.reset();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(Slots, WhoGivesUpLetsTheNextPass) {
  Slots slots(1);
  std::optional<Slots::Slot> held(slots.take("a", {}).value());
  CancelToken cancel;
  std::thread first([&] { EXPECT_FALSE(slots.take("a", cancel)); });
  while (slots.waiting("a") != 1) std::this_thread::yield();
  std::thread second([&] { EXPECT_TRUE(slots.take("a", {})); });
  while (slots.waiting("a") != 2) std::this_thread::yield();
  cancel.cancel();
  first.join();
  held.reset();
  second.join();
}

}  // namespace
}  // namespace bayplan::registry
