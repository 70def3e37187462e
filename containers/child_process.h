// One child process, run to its end.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::containers {

/// The descriptor under which the child sees `inherited`.
inline constexpr int kInheritedFd = 3;

struct Command {
  std::vector<std::string> arguments;  ///< the program's absolute path first
  int inherited = -1;   ///< a descriptor to hand on as kInheritedFd; no other beyond the standard streams is
  bool silent = false;  ///< standard streams are /dev/null instead of the caller's
  /// Told the child's pid at once; empty: nobody. Where it answers an error, the child is killed.
  std::function<Result<void>(pid_t)> started{};
};

/// Starts the program, no shell between, and waits. SIGINT and SIGTERM sent to this thread or process
/// meanwhile go to the child instead. Answers its exit code, 128+n when signal n ended it. Errors: not_found,
/// permission_denied, io (it could not be started), and those of `started`.
Result<int> run_to_end(const Command& command);

}  // namespace bayplan::containers
