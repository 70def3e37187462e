// What lies below a bucket.
#pragma once

#include <cstdint>
#include <vector>

#include "tx_state.h"

namespace bayplan::metadata {

/// Ids of the bucket `id`, of all buckets and of all continuations below, each once.
/// Errors: corrupt (also when one is reached twice), version_mismatch, io.
Result<std::vector<std::uint64_t>> subtree_ids(ReadState& state, std::uint64_t id);

}  // namespace bayplan::metadata
