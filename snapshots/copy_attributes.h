// Owner, extended attributes, mode and times, from one file to another.
#pragma once

#include <sys/stat.h>

#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::snapshots {

/// The overlay file system keeps notes of its own about a directory in attributes: they mean nothing anywhere
/// else.
enum class OverlayNotes : bool { keep, skip };

/// Makes the file `to` look like `from`, whose stat is `info`. Both may be O_PATH descriptors of any type of
/// file, links included. `name` is for errors. Errors: unsupported (attributes the target's file system has
/// none of; an owner without an id in this user namespace), permission_denied, no_space, io.
Result<void> copy_attributes(int from, const struct stat& info, int to, OverlayNotes notes,
                             std::string_view name);

}  // namespace bayplan::snapshots
