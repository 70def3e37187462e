// Hashing of what lies in a file.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "bayplan/base/digest.h"

namespace bayplan::content {

/// Called after each piece with the number of its bytes; an error of it ends the hashing.
using OnHashed = std::function<Result<void>(std::size_t bytes)>;

/// Hashes the bytes from `begin` to `end` of `fd`; `name` is for the error text. Errors: corrupt (the file
/// ends before), io, and those of `on_hashed`.
Result<void> hash_file(int fd, std::string_view name, std::uint64_t begin, std::uint64_t end, Hasher& hasher,
                       const OnHashed& on_hashed = {});

}  // namespace bayplan::content
