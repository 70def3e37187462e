// Names for errors: the path of the bucket that a damaged row belongs to.
#pragma once

#include <string>
#include <string_view>

#include "tx_state.h"

namespace bayplan::metadata {

/// "/v1/default/images" for the bucket, or the continuation of a long key, whose rows lie under `id`; its
/// number where nothing sound leads to it. Reads every row: for errors only.
std::string bucket_path(ReadState& state, std::uint64_t id);

/// `error` about the row `row_key`, with its bucket's path.
Error in_bucket(ReadState& state, Error error, std::string_view row_key);

}  // namespace bayplan::metadata
