// Removing what is in a directory, with or without what the layer being applied wrote there.
#pragma once

#include <optional>
#include <string>

#include "bayplan/base/result.h"
#include "tree_root.h"

namespace bayplan::snapshots {

enum class Keep : std::uint8_t { nothing, written_by_layer };

/// Removes all that is in the directory open at `dir`; with `written_by_layer` but for what the layer wrote
/// below `node`, and the directories on the way there, which lose the metadata that the layers below gave
/// them. Works on overlay mounts, whose lower directories cannot be renamed. One descriptor and no recursion
/// at any depth. Errors: failed_precondition or busy (something is mounted in the tree), conflict (somebody
/// moved the directories), permission_denied, no_space, io.
Result<void> empty_directory(TreeRoot& tree, const UniqueFd& dir, TreeRoot::Node node, Keep keep);

}  // namespace bayplan::snapshots
