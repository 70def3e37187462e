// How large a bucket and everything below it is.
#pragma once

#include <cstdint>

#include "bayplan/metadata/bucket_source.h"

namespace bayplan::metadata {

struct BucketStats {
  std::uint64_t buckets = 0;         ///< itself included
  std::uint64_t inline_buckets = 0;  ///< of them: inside their parent's row
  std::uint64_t keys = 0;            ///< with a value
  std::uint64_t key_bytes = 0;       ///< of keys of values and of buckets
  std::uint64_t value_bytes = 0;
  std::uint64_t depth = 0;  ///< buckets inside one another, 1 without any
};

/// Walks the whole subtree. In a write transaction no bucket counts as inline. Errors: corrupt (also: nested
/// deeper than 256 buckets), version_mismatch, closed, io.
Result<BucketStats> bucket_stats(const Bucket& bucket);

}  // namespace bayplan::metadata
