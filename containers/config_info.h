// What a runtime configuration says of labels and IDs.
#pragma once

#include <string_view>

#include "bayplan/containers/service_parts.h"

namespace bayplan::containers {

/// process_label, uid_map and gid_map; the rest is empty. Errors: invalid_argument (no JSON object, or they
/// are not as the runtime-spec has them), too_large.
Result<ContainerInfo> info_of_config(std::string_view config);

}  // namespace bayplan::containers
