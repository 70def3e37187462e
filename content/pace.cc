#include "pace.h"

#include <algorithm>
#include <thread>

namespace bayplan::content {
namespace {

// How long a cancellation may go unnoticed.
constexpr Pace::Clock::duration kSlice = std::chrono::milliseconds(50);
// Longer than anybody waits, and sums of it are no overflow.
constexpr std::chrono::duration<double> kMostOwed = std::chrono::hours(24 * 365);

}  // namespace

Pace::Clock::duration Pace::owed(std::uint64_t bytes, Clock::time_point time) {
  if (rate_ == 0) return {};
  const std::chrono::duration<double> cost(static_cast<double>(bytes) / static_cast<double>(rate_));
  const std::lock_guard guard(mutex_);
  free_at_ =
      std::max(free_at_, time) + std::chrono::duration_cast<Clock::duration>(std::min(cost, kMostOwed));
  return free_at_ - time;
}

Result<void> Pace::wait(std::uint64_t bytes, const CancelToken& cancel) {
  const Clock::time_point time = Clock::now();
  const Clock::time_point end = time + owed(bytes, time);
  for (Clock::time_point at = time; at < end; at = Clock::now()) {
    BAYPLAN_TRY(cancel.check());
    std::this_thread::sleep_for(std::min(kSlice, end - at));
  }
  return cancel.check();
}

}  // namespace bayplan::content
