// The layer between two trees.
#pragma once

#include "layer_writer.h"

namespace bayplan::snapshots {

/// Writes what changes the tree `before` (-1: an empty one) into the tree `now`. Files are the same when they
/// look the same and hold the same bytes: a time that was put back hides nothing. Of a file with several
/// names either all are written or none, so that they end up as one file again. Errors: those of LayerWriter,
/// busy, cancelled, permission_denied, io.
Result<void> diff_native(LayerWriter& out, int now, int before);

}  // namespace bayplan::snapshots
