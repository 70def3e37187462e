#include "bayplan/metadata/bucket_stats.h"

#include <algorithm>

#include "bayplan/metadata/walk.h"

namespace bayplan::metadata {

Result<BucketStats> bucket_stats(const Bucket& bucket) {
  BucketStats stats;
  BAYPLAN_TRY(walk(
      bucket, {.enter = [&](std::string_view key, const Bucket& entered, std::size_t depth) -> Result<void> {
                 ++stats.buckets;
                 stats.key_bytes += key.size();
                 if (entered.handle().inline_bytes) ++stats.inline_buckets;
                 stats.depth = std::max<std::uint64_t>(stats.depth, depth);
                 return {};
               },
               .value = [&](const Entry& value) -> Result<void> {
                 ++stats.keys;
                 stats.key_bytes += value.key.size();
                 stats.value_bytes += value.value.size();
                 return {};
               },
               .leave = []() -> Result<void> { return {}; }}));
  return stats;
}

}  // namespace bayplan::metadata
