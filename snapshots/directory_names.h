// Names of snapshot directories: base 36, at most six characters so that hundreds of lower directories fit
// into one page of mount options, and never given twice, because kernels and runtimes remember what a name
// meant.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::snapshots {

/// Whether `name` can have come from DirectoryNames. What else stands in a record never becomes a path.
bool is_directory_name(std::string_view name) noexcept;

/// Hands out names from the counter file `next` of one driver's directory, shared by all processes. Blocks of
/// names are reserved durably before the first of them is used; a clean end gives the unused rest back.
/// Thread-safe.
class DirectoryNames {
 public:
  static constexpr std::uint64_t kBlock = 64;
  static constexpr std::string_view kCounterFile = "next";

  /// Borrows `root`, the driver's directory.
  explicit DirectoryNames(int root) : root_(root) {}
  ~DirectoryNames();
  DirectoryNames(const DirectoryNames&) = delete;
  DirectoryNames& operator=(const DirectoryNames&) = delete;

  /// A name that was never given before. A directory of that name may exist all the same, if the counter file
  /// was lost: take the next then. Errors: corrupt (the counter file), too_large (all names are used up),
  /// no_space, permission_denied, io.
  Result<std::string> next();

 private:
  Result<void> reserve();

  int root_;
  std::mutex mutex_;
  int owner_ = 0;  // process that reserved the block: a forked child must not use it as well
  std::uint64_t next_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace bayplan::snapshots
