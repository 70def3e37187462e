// Applying one layer to a tree, with the meaning that it has for the flattened image.
#pragma once

#include "bayplan/base/progress.h"
#include "bayplan/base/result.h"
#include "bayplan/base/stream.h"
#include "bayplan/snapshots/snapshotter.h"

namespace bayplan::snapshots {

/// Applies the uncompressed archive `tar` to the tree at `root_fd`, a directory: a plain one, or the root of
/// an overlay mount over the layers below. Reads `tar` to its very end, so that whoever digests it sees every
/// byte. Borrows all arguments; nobody else may write to the tree meanwhile. Errors: those of Stage::apply.
///
/// The limits bound what is written, and the time: the archive may be as long as its content and headers of
/// usual size could make it.
Result<ApplyReport> apply_layer(ByteSource& tar, int root_fd, const ApplyLimits& limits,
                                const Control& control);

}  // namespace bayplan::snapshots
