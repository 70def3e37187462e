// Labels as they are given on the command line.
#pragma once

#include <string>
#include <vector>

#include "bayplan/base/labels.h"

namespace bayplan::cli {

/// Of "KEY=value" texts, the last of one key counts; "KEY=" has an empty value. Errors: invalid_argument.
Result<Labels> parse_labels(const std::vector<std::string>& texts);

}  // namespace bayplan::cli
