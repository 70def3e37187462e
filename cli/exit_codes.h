// The command's exit codes, one table. `container run` answers the container's own code instead when it ran.
#pragma once

#include "bayplan/base/error.h"

namespace bayplan::cli {

enum ExitCode : int {
  kOk = 0,
  kFailure = 1,     ///< anything not below
  kUsage = 2,       ///< the command line is wrong
  kNotFound = 3,    ///< an object, or the store, does not exist
  kDamage = 4,      ///< the store or the input is damaged
  kCannotOpen = 5,  ///< permission, credentials and policy too; read-only, a newer version
  kInUse = 6,       ///< busy, in use, already exists
  kNoSpace = 7,     ///< disk or map full
  kCancelled = 130  ///< SIGINT or SIGTERM
};

ExitCode exit_code(Errc code) noexcept;

}  // namespace bayplan::cli
