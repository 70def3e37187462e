// Making what the entries of a layer describe.
#pragma once

#include <string>

#include "bayplan/base/result.h"
#include "bayplan/snapshots/tar_reader.h"

namespace bayplan::snapshots {

class LayerContext;

/// Makes `entry`, which the context's reader stands at, at the clean `path`, in the place of whatever is
/// there (a directory stays where a directory is to be; a layer's last word about a path counts). Metadata is
/// set as owner, extended attributes, mode, times: each would undo or refuse one set before it. Answers
/// whether the layer had made something there before. Errors: invalid_argument (its parent is a file; the
/// root is to be something else than a directory; a hard link to nothing, to itself or to a directory), those
/// of the reader, and those of TreeRoot::directory.
Result<bool> place_entry(LayerContext& context, const TarEntry& entry, const std::string& path);

}  // namespace bayplan::snapshots
