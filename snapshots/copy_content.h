// The bytes of a file, from one to another, as cheaply as the file system can.
#pragma once

#include <cstdint>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::snapshots {

/// Copies files within one file system; remembers what that cannot do. Not thread-safe.
class ContentCopier {
 public:
  /// Makes the empty file `to` hold the `size` bytes of `from`: as a reflink where possible, else data only,
  /// so that holes stay holes. `name` is for errors. Errors: corrupt (`from` is shorter), no_space, io.
  Result<void> copy(int from, int to, std::uint64_t size, std::string_view name);

 private:
  Result<void> copy_range(int from, int to, std::uint64_t begin, std::uint64_t end, std::string_view name);
  Result<void> copy_by_hand(int from, int to, std::uint64_t begin, std::uint64_t end, std::string_view name);

  bool reflinks_ = true;
  bool copies_in_kernel_ = true;
};

}  // namespace bayplan::snapshots
