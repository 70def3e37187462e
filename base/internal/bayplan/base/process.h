// What tells a process from every other one of this host, from what /proc says. Thread-safe. Errors of every
// function, beside its own: unsupported (/proc is not mounted, or shows the processes of another pid
// namespace than ours), corrupt (/proc says what it never says), permission_denied, io.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "bayplan/base/result.h"

namespace bayplan::process {

/// The kernel's id of this boot.
Result<std::string> boot_id();

/// Inode number of the pid namespace that this process lives in.
Result<std::uint64_t> pid_namespace();

/// When this process started, in clock ticks since the boot.
Result<std::uint64_t> own_start_time();

/// The same of the process `pid` of our pid namespace, which may have ended and not been waited for.
/// Precondition: pid > 0. Errors: not_found.
Result<std::uint64_t> start_time(pid_t pid);

/// Whether the process `pid` of our pid namespace, started at `start_time`, has not ended; a zombie has.
/// Precondition: pid > 0.
Result<bool> is_running(pid_t pid, std::uint64_t start_time);

}  // namespace bayplan::process
