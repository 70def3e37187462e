// What files say about themselves, and what is wrong with them.
#pragma once

#include "inspect_source.h"

namespace bayplan::cli {

/// `inspect info`.
Result<int> print_info(const InspectSource& source, const Session& session);
/// `inspect check` of files: every page and bucket, without knowing the schema.
Result<int> check_files(const InspectSource& source, const Session& session);

}  // namespace bayplan::cli
