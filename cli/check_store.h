// The consistency check, as `inspect check` and `system check` run it.
#pragma once

#include "session.h"

namespace bayplan::cli {

/// Checks rows, records, references and files, and prints what is wrong. Answers kOk or kDamage. Errors: what
/// prevents checking.
Result<int> check_store(const Session& session);

}  // namespace bayplan::cli
