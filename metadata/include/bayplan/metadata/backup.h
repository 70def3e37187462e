// Copies of the metadata, taken while they are used: others read and write meanwhile.
#pragma once

#include <filesystem>

#include "bayplan/base/progress.h"
#include "bayplan/metadata/db.h"

namespace bayplan::metadata {

/// Writes an image of the environment, a data.mdb, to `fd`: a file, pipe or socket; nothing is synced. The
/// state of one commit, free pages included. Waits for the running writer when it begins. To restore, put
/// what was written as data.mdb into an empty directory and open that. A reader that goes away is the error
/// io, never a signal. Errors: failed_precondition (inside a write transaction of this thread), closed,
/// no_space, io.
Result<void> backup(const Db& db, int fd);

/// Copies one commit's rows into the new environment `directory`, durably, and compares what both hold
/// (logical_digest). Free pages are left out; ids and revisions stay. A copy that is not whole never has that
/// name; one that turns out to differ is removed again. Directories above it are created. Cancellation is
/// noticed every few thousand rows. Progress: stage "compact", bytes of rows, total unknown. Errors:
/// already_exists, corrupt (a row, or the copy differs), cancelled, permission_denied, no_space, closed, io.
Result<void> compact(const Db& db, const std::filesystem::path& directory, const Control& control = {});

}  // namespace bayplan::metadata
