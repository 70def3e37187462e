// Reading the files of operators. Links are followed: they are the operator's. A file that is there and
// cannot be read is an error, never taken for absent. Thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::images {

/// The most that a configuration or credential file may hold.
inline constexpr std::size_t kMaxConfigBytes = 1u << 20;

/// Empty when there is no such file. Errors: too_large (kMaxConfigBytes), invalid_argument (not a regular
/// file, a link to nothing), permission_denied, io.
Result<std::optional<std::string>> read_if_there(const std::filesystem::path& path);

/// Errors: as read_if_there, and not_found.
Result<std::string> read_config(const std::filesystem::path& path);

/// The files in `dir` whose names end in `extension` (".conf"), in the order of their names; none when there
/// is no such directory. Errors: permission_denied, io.
Result<std::vector<std::filesystem::path>> files_in(const std::filesystem::path& dir,
                                                    std::string_view extension);

/// Whether there is such a directory. Errors: permission_denied, io.
Result<bool> has_directory(const std::filesystem::path& path);

}  // namespace bayplan::images
