// The runtime configuration of a container: a template in its work directory, and what each start makes of it
// in its run directory.
#pragma once

#include <string_view>

#include "bayplan/base/result.h"
#include "bundle_config.h"

namespace bayplan::containers {

/// Replaces the template, durably. Errors: invalid_argument (`config` is no JSON object), no_space, io.
Result<void> write_template(int work_directory, std::string_view config);

/// Reads the template, and replaces the run directory's config by it, bound to `place`. Errors: not_found
/// (kind "file": there is no template), corrupt (it cannot be parsed), too_large, no_space, io.
Result<void> write_config(int work_directory, int run_directory, const ConfigPlace& place);

}  // namespace bayplan::containers
