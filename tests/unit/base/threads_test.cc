#include "bayplan/base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace bayplan {
namespace {

TEST(InThreads, AllOfThemWorkAtOnce) {
  std::latch together(3);
  std::atomic<int> calls = 0;
  in_threads(3, [&] {
    together.arrive_and_wait();  // for ever, if one came after the other
    ++calls;
  });
  EXPECT_EQ(calls, 3);
}

TEST(InThreads, OneIsTheCallers) {
  for (const std::size_t wanted : {0u, 1u}) {
    std::thread::id worker;
    in_threads(wanted, [&] { worker = std::this_thread::get_id(); });
    EXPECT_EQ(worker, std::this_thread::get_id());
  }
}

TEST(InThreads, ReturnsWhenAllHave) {
  std::atomic<int> done = 0;
  in_threads(8, [&] {
    std::this_thread::yield();
    ++done;
  });
  EXPECT_EQ(done, 8);
}

}  // namespace
}  // namespace bayplan
