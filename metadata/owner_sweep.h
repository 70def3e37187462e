// Files that dead owners have left.
#pragma once

#include <filesystem>

#include "bayplan/base/progress.h"
#include "bayplan/metadata/gc.h"

namespace bayplan::metadata {

/// Removes the file of every owner that has ended; what else lies there is left alone. Errors: cancelled,
/// permission_denied, io.
Result<FileSweep> sweep_owner_files(const std::filesystem::path& run_root, const Control& control);

}  // namespace bayplan::metadata
