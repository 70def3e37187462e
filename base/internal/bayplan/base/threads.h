// Several threads at one job.
#pragma once

#include <cstddef>
#include <functional>

namespace bayplan {

/// Calls `work` in `wanted` threads at once, the caller's among them, and returns when all have. In fewer
/// where no more are to be had, and at least in the caller's: `work` takes what there is to do from one list.
/// It must not throw.
void in_threads(std::size_t wanted, const std::function<void()>& work);

/// Of this machine; at least 1.
std::size_t processors() noexcept;

}  // namespace bayplan
