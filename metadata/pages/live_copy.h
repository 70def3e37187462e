// A bolt file that a daemon has open: bolt knows no readers of other processes, so a copy is read, of one
// moment.
#pragma once

#include <string>

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"

namespace bayplan::metadata::bolt {

/// The process that holds a flock on the file, as every program does that has it open with bolt; 0: none that
/// can be seen. Takes no lock: a shared one would hold up a daemon that starts. Errors: io.
Result<std::uint64_t> lock_holder(int fd, const std::string& name);

/// A copy without a name, in the directory for temporary files, of the pages that the newest commit sees.
/// Errors: busy (commits came faster than it could be copied), unsupported (no place for it), no_space,
/// corrupt (neither meta page can be read), io.
Result<UniqueFd> copy_between_commits(int fd, const std::string& name);

}  // namespace bayplan::metadata::bolt
