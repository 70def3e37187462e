// How long to wait so that no more than so many bytes a second are read, by all threads together.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "bayplan/base/progress.h"

namespace bayplan::content {

/// Thread-safe.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  /// 0: no limit.
  explicit Pace(std::uint64_t bytes_per_second) : rate_(bytes_per_second) {}

  /// How long whoever read `bytes` has to wait at `time`.
  Clock::duration owed(std::uint64_t bytes, Clock::time_point time);
  /// Waits that long. Errors: cancelled.
  Result<void> wait(std::uint64_t bytes, const CancelToken& cancel);

 private:
  std::uint64_t rate_;
  std::mutex mutex_;
  Clock::time_point free_at_{};  // when all that was read so far is paid for
};

}  // namespace bayplan::content
