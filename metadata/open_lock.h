// The lock file that lets one process at a time open or close an environment. LMDB 0.9.26 to 0.9.31 destroy
// the shared mutexes in a closing process while another one starts to use them (ITS#10095). Writers queue at
// two bytes of it (writer_gate.h).
#pragma once

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"

namespace bayplan::metadata {

inline constexpr const char* kOpenLockName = "open.lock";

/// Waits for the lock; held until the descriptor closes. The file holds the id of the process that took it
/// last. With `read_only`, a file that cannot be made or written leaves things unlocked (no descriptor).
/// Errors: permission_denied, read_only, io.
Result<UniqueFd> take_open_lock(int directory, bool read_only);

/// The lock file, not locked, for the writers' bytes. Errors: permission_denied, read_only, io.
Result<UniqueFd> open_writer_file(int directory);

}  // namespace bayplan::metadata
