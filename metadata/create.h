// Creation of an environment, safe against a crash at any moment and against others who create the same one.
#pragma once

#include <lmdb.h>

#include <filesystem>
#include <functional>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

/// Makes `directory` an empty environment unless it is one already. What is in a directory that is not empty
/// stays as it is. Errors: permission_denied, no_space, read_only, io.
Result<void> create_environment(const std::filesystem::path& directory);

/// Commits the first rows, and the header, of a new environment, which is durable afterwards.
using FillEnvironment = std::function<Result<void>(MDB_env* env)>;

/// Makes `directory` an environment that `fill` filled: built beside it under a temporary name, synced,
/// renamed, parent synced. Missing parents are made. Replaces an empty directory. False, and nothing done,
/// when something is there already. `map_bytes`: what the new file may grow to meanwhile. Errors: those of
/// `fill`, permission_denied, no_space, read_only, io.
Result<bool> build_environment(const std::filesystem::path& directory, std::uint64_t map_bytes,
                               const FillEnvironment& fill);

}  // namespace bayplan::metadata
