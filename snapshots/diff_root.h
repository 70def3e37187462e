// What the ways to a layer have in common.
#pragma once

#include "layer_writer.h"

namespace bayplan::snapshots {

inline constexpr std::string_view kNoPlace = "sockets and devices 0/0 have no place in a layer";

/// Writes the entry of the root where it differs from `before`'s; always without one (-1).
/// Errors: those of LayerWriter, permission_denied, io.
Result<void> diff_root(LayerWriter& out, int root, int before);

}  // namespace bayplan::snapshots
