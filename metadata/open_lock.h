// The lock file that lets one process at a time open or close an environment. LMDB 0.9.26 to 0.9.31 destroy
// the shared mutexes in a closing process while another one starts to use them (ITS#10095).
#pragma once

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"

namespace bayplan::metadata {

inline constexpr const char* kOpenLockName = "open.lock";

/// Waits for the lock; held until the descriptor closes. The file holds the id of the process that took it
/// last. With `read_only`, a file that cannot be made or written leaves things unlocked (no descriptor).
/// Errors: permission_denied, read_only, io.
Result<UniqueFd> take_open_lock(int directory, bool read_only);

}  // namespace bayplan::metadata
