// Every gate here has a descriptor of its own, as a process has.
#include "writer_gate.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "bayplan/base/file.h"
#include "support/temp_dir.h"

namespace bayplan::metadata {
namespace {

using Clock = std::chrono::steady_clock;

// Processes of other versions lock them too.
constexpr std::uint64_t kTurnstileByte = std::uint64_t{1} << 32;
constexpr std::uint64_t kWriterByte = kTurnstileByte + 1;

class Gate : public testing::Test {
 protected:
  UniqueFd another(int flags = O_RDWR) const {
    return file::open_beneath(dir_.fd(), "open.lock", flags | O_CREAT, 0600).value();
  }
  static WriteOptions too_late() { return {.deadline = Clock::now() - std::chrono::hours(1)}; }
  static std::optional<Errc> code(const Result<void>& result) {
    return result ? std::nullopt : std::optional(result.error().code());
  }
  static Result<void> enter(WriterGate& gate, const WriteOptions& options = {}) {
    return gate.enter(WriterKind::single, options);
  }
  bool is_free(std::uint64_t byte) const {
    if (!file::try_lock_byte(probe_.get(), byte, "probe")) return false;
    file::unlock_byte(probe_.get(), byte);
    return true;
  }
  void until_somebody_waits() const {
    while (is_free(kTurnstileByte)) std::this_thread::yield();
  }

  test::TempDir dir_;
  UniqueFd probe_ = another();
  WriterGate here_{another()};
  WriterGate there_{another()};
};

TEST_F(Gate, one_process_is_inside) {
  ASSERT_TRUE(enter(here_));
  EXPECT_FALSE(is_free(kWriterByte));
  EXPECT_TRUE(is_free(kTurnstileByte)) << "nobody waits";
  EXPECT_EQ(code(enter(there_, too_late())), Errc::busy);
  EXPECT_TRUE(is_free(kTurnstileByte)) << "who gave up does not wait";
  here_.leave();
  EXPECT_TRUE(is_free(kWriterByte));
  EXPECT_TRUE(enter(there_, too_late())) << "a free gate is entered even when it is late";
  there_.leave();
}

TEST_F(Gate, who_comes_straight_back_lets_another_process_in_between) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> came = 0;
    int other_came = 0;
    ASSERT_TRUE(enter(here_));
    std::thread other([&] {
      ASSERT_TRUE(enter(there_));
      other_came = ++came;
      there_.leave();
    });
    until_somebody_waits();
    here_.leave();
    ASSERT_TRUE(enter(here_));
    const int back_came = ++came;
    here_.leave();
    other.join();
    ASSERT_LT(other_came, back_came);
  }
}

TEST_F(Gate, who_stops_waiting_for_another_process_leaves_nothing_behind) {
  ASSERT_TRUE(enter(here_));
  const CancelToken token;
  std::thread waiting([&] { EXPECT_EQ(code(enter(there_, {.cancel = token})), Errc::cancelled); });
  until_somebody_waits();
  token.cancel();
  waiting.join();
  EXPECT_TRUE(is_free(kTurnstileByte));
  here_.leave();
  ASSERT_TRUE(enter(here_, too_late()));
  here_.leave();
  EXPECT_TRUE(enter(there_, too_late())) << "nobody of its own process is inside either";
  there_.leave();
}

TEST_F(Gate, a_second_thread_waits_for_the_first_whatever_its_kind) {
  ASSERT_TRUE(enter(here_));
  for (const WriterKind kind : {WriterKind::single, WriterKind::group}) {
    std::thread([&] {
      const auto late = here_.enter(kind, too_late());
      ASSERT_EQ(code(late), Errc::busy);
      EXPECT_NE(late.error().to_string().find("another thread"), std::string::npos);
    }).join();
  }
  here_.leave();
  // Longer than those at the front of a line may be passed.
  for (const auto end = Clock::now() + std::chrono::milliseconds(3); Clock::now() < end;) {
    for (const WriterKind kind : {WriterKind::single, WriterKind::group}) {
      ASSERT_TRUE(here_.enter(kind, too_late())) << "who gave up stands in nobody's way";
      here_.leave();
    }
  }
}

TEST_F(Gate, a_file_that_cannot_be_locked_is_an_error_each_time) {
  WriterGate broken(another(O_RDONLY));
  const auto first = code(enter(broken));
  ASSERT_TRUE(first);
  EXPECT_NE(first, Errc::busy);
  EXPECT_EQ(code(enter(broken, too_late())), first) << "it did not get in: busy would say that somebody did";
}

TEST_F(Gate, the_collector_keeps_out_collectors_and_no_writers) {
  ASSERT_TRUE(here_.try_lock_collector());
  EXPECT_EQ(code(there_.try_lock_collector()), Errc::busy);
  ASSERT_TRUE(enter(there_, too_late()));
  there_.leave();
  EXPECT_EQ(code(there_.try_lock_collector()), Errc::busy) << "a writer's leaving does not end it";
  here_.unlock_collector();
  EXPECT_TRUE(there_.try_lock_collector());
}

}  // namespace
}  // namespace bayplan::metadata
