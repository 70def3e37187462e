// The part of a check that any source can be asked for, bounded.
#pragma once

#include "bayplan/metadata/check.h"

namespace bayplan::metadata {

/// check(source, kinds), which gives up after `most_steps` keys and ends of buckets: rows that lead to the
/// same rows make a few bytes a store without end.
Result<CheckReport> check_at_most(const BucketSource& source, std::span<const GcKind* const> kinds,
                                  std::uint64_t most_steps);

}  // namespace bayplan::metadata
