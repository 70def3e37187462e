// The layer that an overlay's upper directory is.
#pragma once

#include <span>

#include "bayplan/base/fd.h"
#include "layer_writer.h"

namespace bayplan::snapshots {

/// Writes what is in the tree of the first of `directories`, without a look at what it covers, but for
/// whether there is anything by a name: that is asked of the others, the layers below, nearest first. Errors:
/// those of LayerWriter, not_found, unsupported (redirects, files without content), busy, cancelled,
/// permission_denied, io.
Result<void> diff_overlay(LayerWriter& out, std::span<const UniqueFd> directories);

}  // namespace bayplan::snapshots
