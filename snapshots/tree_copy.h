// Full copies of trees: everything a file can be, with its names, owners, attributes, times and holes.
#pragma once

#include "bayplan/base/result.h"

namespace bayplan::snapshots {

/// Copies the directory `from` and everything below into the empty directory `to` of the same file system,
/// attributes of the root included. Nothing may change in `from` meanwhile. `scratch` is an empty directory
/// of the same file system that the copy fills and the caller removes. Iterative; links are copied, never
/// followed. Errors: not_found, permission_denied (owners or devices this process may not make), no_space,
/// io.
Result<void> copy_tree(int from, int to, int scratch);

}  // namespace bayplan::snapshots
