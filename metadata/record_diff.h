// What differs between two snapshots, as events of records.
#pragma once

#include <vector>

#include "bayplan/metadata/events.h"
#include "bayplan/metadata/tx.h"

namespace bayplan::metadata {

/// In the order of diff(); each with the revision of `newer`. Errors: as diff.
Result<std::vector<Event>> record_diff(const ReadTx& older, const ReadTx& newer);

}  // namespace bayplan::metadata
