// A number for each thread.
#pragma once

#include <atomic>
#include <cstddef>

namespace bayplan::metadata {

/// Where this thread looks first among places of which each thread uses one mostly. Never given twice:
/// threads that live long may come to share a place by the remainder.
inline std::size_t own_place() noexcept {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t place = threads.fetch_add(1, std::memory_order_relaxed);
  return place;
}

}  // namespace bayplan::metadata
