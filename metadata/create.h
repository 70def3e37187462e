// Creation of an environment, safe against a crash at any moment and against others who create the same one.
#pragma once

#include <filesystem>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

/// Makes `directory` an empty environment unless it is one already: built beside it under a temporary name,
/// committed, synced, renamed, parent synced. Missing parents are made. Replaces an empty directory. What is
/// in a directory that is not empty stays as it is. Errors: permission_denied, no_space, read_only, io.
Result<void> create_environment(const std::filesystem::path& directory);

}  // namespace bayplan::metadata
