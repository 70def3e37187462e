// Removal of directories that no record names.
#pragma once

#include <optional>

#include "bayplan/base/diagnostics.h"
#include "bayplan/base/progress.h"
#include "bayplan/metadata/gc.h"
#include "driver.h"

namespace bayplan::snapshots {

/// Removes the directory that was queued as `removal`; empty while it is in use, or when it is another
/// driver's. Errors: permission_denied, failed_precondition (something is mounted in it), corrupt, closed,
/// io.
Result<std::optional<metadata::FileSweep>> unlink_directory(const Driver& driver, const metadata::Db& db,
                                                            const metadata::Removal& removal);

/// Removes every directory of `driver` that no record of any namespace names, that is not queued, and that no
/// stage of any process holds. One that cannot be removed is said to `diagnostics`; the others go all the
/// same, and its error is the answer. Errors: cancelled, permission_denied, failed_precondition (something is
/// mounted in it), corrupt (a record: nothing is removed then), closed, io.
Result<metadata::FileSweep> sweep_directories(const Driver& driver, const metadata::Db& db,
                                              const DiagnosticSink& diagnostics, const Control& control);

}  // namespace bayplan::snapshots
