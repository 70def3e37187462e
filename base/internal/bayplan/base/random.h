// Random bytes from the kernel.
#pragma once

#include <cstddef>
#include <span>

#include "bayplan/base/result.h"

namespace bayplan {

/// Fills `into`, waiting for the kernel to have enough. Errors: io. Thread-safe.
Result<void> fill_random(std::span<std::byte> into);

}  // namespace bayplan
