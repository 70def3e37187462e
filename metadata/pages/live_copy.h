// A file that other processes have open, while nothing keeps them from writing over what is read of it: a
// copy is read, of one moment.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"

namespace bayplan::metadata {

/// The processes that hold a lock on the file, in ascending order; of those in other PID namespaces only that
/// there are some, as 1. None where /proc/locks cannot be read. Takes no lock, and opens nothing: a shared
/// lock would hold up a daemon that starts.
std::vector<std::uint64_t> lock_holders(const struct stat& info);

/// Asked before and after each attempt at a copy.
struct CopyMoment {
  /// How many bytes the newest commit sees; remembers which it is.
  std::function<Result<std::uint64_t>()> begin;
  /// Whether what has been written since cannot have touched these bytes.
  std::function<Result<bool>()> still;
};

/// A copy without a name, in the directory for temporary files. Errors: busy (commits came faster than it
/// could be copied), unsupported (no place for it), no_space, io, and those of `moment`.
Result<UniqueFd> copy_between_commits(int fd, const std::string& name, const CopyMoment& moment);

}  // namespace bayplan::metadata
