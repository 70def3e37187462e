#include "bayplan/base/threads.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

namespace bayplan {

void in_threads(std::size_t wanted, const std::function<void()>& work) {
  std::vector<std::thread> others;
  others.reserve(wanted);
  try {
    for (std::size_t n = 1; n < wanted; ++n) others.emplace_back(work);
  } catch (const std::system_error&) {
    // No more are to be had: those that there are do it.
  }
  work();
  for (std::thread& other : others) other.join();
}

std::size_t processors() noexcept { return std::max(1u, std::thread::hardware_concurrency()); }

}  // namespace bayplan
