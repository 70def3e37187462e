// A number for each thread, small and its own as long as there are few.
#pragma once

#include <atomic>
#include <cstddef>

namespace bayplan::metadata {

/// Where this thread looks first among places of which each thread mostly uses one.
inline std::size_t own_place() noexcept {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t place = threads.fetch_add(1, std::memory_order_relaxed);
  return place;
}

}  // namespace bayplan::metadata
