// The layer that an overlay's upper directory is.
#pragma once

#include <string>
#include <vector>

#include "bayplan/base/fd.h"
#include "layer_writer.h"

namespace bayplan::snapshots {

/// Writes what is in `upper`, without a look at what it covers, but for whether there is anything by a name.
/// `lower`: roots of the layers below, nearest first. Errors: those of LayerWriter, unsupported (redirects,
/// files without content), busy, cancelled, permission_denied, io.
Result<void> diff_overlay(LayerWriter& out, int upper, const std::vector<UniqueFd>& lower);

}  // namespace bayplan::snapshots
