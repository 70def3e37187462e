// Files that the command line names.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "bayplan/base/result.h"

namespace bayplan::cli {

/// All of the file, or with "-" of standard input. Errors: not_found, too_large (more than `most` bytes),
/// permission_denied, io.
Result<std::string> read_argument(const std::filesystem::path& path, std::size_t most);

}  // namespace bayplan::cli
