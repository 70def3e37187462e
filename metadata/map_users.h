// Who stands on the memory map, which moves only when nobody does.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

namespace bayplan::metadata {

/// Thread-safe. Entering takes no lock: every read does it. Either who enters sees that the map is about to
/// move, or who moves it sees who has entered, for both look after they have written, in one order of all.
class MapUsers {
 public:
  void enter() {
    while (true) {
      inside_.fetch_add(1);
      if (!moving_.load()) return;
      inside_.fetch_sub(1);
      const std::lock_guard until_moved(mutex_);
    }
  }
  void leave() noexcept { inside_.fetch_sub(1); }

  /// Calls `move` unless somebody is inside. Answers whether nobody was.
  template <class Move>
  bool alone(Move move) {
    const std::lock_guard lock(mutex_);
    moving_.store(true);
    const bool nobody = inside_.load() == 0;
    if (nobody) move();
    moving_.store(false);
    return nobody;
  }

 private:
  std::mutex mutex_;
  std::atomic<bool> moving_{false};
  std::atomic<std::size_t> inside_{0};
};

}  // namespace bayplan::metadata
