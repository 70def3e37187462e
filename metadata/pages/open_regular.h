// Opens what an operator names for looking into it.
#pragma once

#include <filesystem>

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"

namespace bayplan::metadata {

/// A regular file, links followed, for reading. Nothing else is opened, since that alone can do something to
/// a device. Errors: not_found, invalid_argument (of another type, a loop of links), permission_denied, io.
Result<UniqueFd> open_regular(const std::filesystem::path& path);

}  // namespace bayplan::metadata
