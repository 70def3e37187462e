// Paths through buckets on the command line: keys joined by "/", with "/", "%" and bytes that are not
// printable ASCII as %XX.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::cli {

std::string escape_key(std::string_view key);
/// Errors: invalid_argument (an empty step, a broken escape).
Result<std::vector<std::string>> parse_bucket_path(std::string_view path);

}  // namespace bayplan::cli
