// Which images a prune is about: podman's words and the lists' own language.
#pragma once

#include <string>
#include <vector>

#include "bayplan/metadata/filter.h"

namespace bayplan::cli {

/// What matches every one of `texts`: "until=DURATION" or "until=RFC3339" (created before that), "label=K",
/// "label=K=V", and with "label!=" what has no such label, or another value; everything else is a filter as
/// `image ls` takes it. Errors: invalid_argument (an empty one, which would match everything, and an
/// unknown field, too), too_large.
Result<metadata::BoundFilter> parse_prune_filter(const std::vector<std::string>& texts);

}  // namespace bayplan::cli
