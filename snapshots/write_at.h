// Writing anywhere in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::snapshots {

/// All of `bytes` from `offset` on. `name` is for errors. Errors: no_space, io.
Result<void> write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset, std::string_view name);

}  // namespace bayplan::snapshots
