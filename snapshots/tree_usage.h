// What a tree takes on disk.
#pragma once

#include "bayplan/snapshots/snapshotter.h"

namespace bayplan::snapshots {

/// Inodes and blocks of the directory `root` and everything below, each inode once; links are not followed.
/// Entries that vanish meanwhile do not count. Errors: busy (moved about meanwhile), permission_denied, io.
Result<Usage> tree_usage(int root);

}  // namespace bayplan::snapshots
