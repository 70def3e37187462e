// Removal of the files that no record names.
#pragma once

#include <optional>

#include "bayplan/metadata/gc.h"
#include "blob_dirs.h"

namespace bayplan::content {

/// Removes the ingest directories that nobody holds, no record names and that are not queued. Errors:
/// cancelled, permission_denied, corrupt, closed, io.
Result<metadata::FileSweep> sweep_staging(const BlobDirs& dirs, const metadata::Db& db,
                                          const Control& control);

/// Removes the ingest directory that was queued as `removal`; empty while somebody holds it. Errors:
/// permission_denied, corrupt, closed, io.
Result<std::optional<metadata::FileSweep>> unlink_staging(const BlobDirs& dirs, const metadata::Db& db,
                                                          const metadata::Removal& removal);

/// Removes the blob that was queued as `removal`, unless a namespace records it; empty while somebody is
/// about to. Errors: permission_denied, closed, corrupt, io.
Result<std::optional<metadata::FileSweep>> unlink_blob(const BlobDirs& dirs, const metadata::Db& db,
                                                       const metadata::Removal& removal);

/// Removes the blobs that no namespace records, that are not queued, and that nobody is about to record;
/// leaves files that are no blobs and says so. Errors: cancelled, permission_denied, closed, corrupt, io.
Result<metadata::FileSweep> sweep_blobs(const BlobDirs& dirs, const metadata::Db& db, const Control& control);

}  // namespace bayplan::content
