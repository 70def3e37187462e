// Who stands on the memory map, which moves only when nobody does.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>

#include "own_place.h"

namespace bayplan::metadata {

/// Thread-safe. Entering takes no lock and mostly touches no line of another thread: every read does it.
/// Either who enters sees that the map is about to move, or who moves it sees who has entered, for both look
/// after they have written, in one order of all.
class MapUsers {
 public:
  void enter() {
    while (true) {
      here().fetch_add(1);
      if (!moving_.load()) return;
      here().fetch_sub(1);
      const std::lock_guard until_moved(mutex_);
    }
  }
  /// In any thread.
  void leave() noexcept { here().fetch_sub(1); }

  /// Calls `move` unless somebody is inside. Answers whether nobody was.
  template <class Move>
  bool alone(Move move) {
    const std::lock_guard lock(mutex_);
    moving_.store(true);
    const bool nobody = inside() == 0;
    if (nobody) move();
    moving_.store(false);
    return nobody;
  }

 private:
  // Who enters in one thread may leave in another, so that a single count may be below zero, but not their
  // sum: who stands inside when the map is about to move has been counted by then, and who comes only adds
  // for a moment.
  struct alignas(128) Count {
    std::atomic<std::ptrdiff_t> value{0};
  };

  std::atomic<std::ptrdiff_t>& here() noexcept { return counts_[own_place() % counts_.size()].value; }
  std::ptrdiff_t inside() const noexcept {
    std::ptrdiff_t sum = 0;
    for (const Count& count : counts_) sum += count.value.load();
    return sum;
  }

  std::array<Count, 16> counts_{};
  alignas(128) std::atomic<bool> moving_{false};
  std::mutex mutex_;
};

}  // namespace bayplan::metadata
