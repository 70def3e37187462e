#include "bayplan/metadata/bucket_stats.h"

#include <algorithm>
#include <vector>

namespace bayplan::metadata {
namespace {

constexpr std::size_t kMaxDepth = 256;

struct Level {
  Bucket bucket;
  std::unique_ptr<BucketCursor> cursor;
  bool started = false;
};

Result<void> enter(const Bucket& bucket, std::vector<Level>& levels, BucketStats& stats) {
  if (levels.size() == kMaxDepth) return Error(Errc::corrupt, "bucket", {}, "nested too deep");
  BAYPLAN_ASSIGN(auto cursor, bucket.cursor());
  levels.push_back({bucket, std::move(cursor)});
  ++stats.buckets;
  if (bucket.handle().inline_bytes) ++stats.inline_buckets;
  stats.depth = std::max<std::uint64_t>(stats.depth, levels.size());
  return {};
}

}  // namespace

Result<BucketStats> bucket_stats(const Bucket& bucket) {
  BucketStats stats;
  std::vector<Level> levels;
  BAYPLAN_TRY(enter(bucket, levels, stats));
  while (!levels.empty()) {
    Level& level = levels.back();
    BAYPLAN_ASSIGN(const auto entry, level.started ? level.cursor->next() : level.cursor->first());
    level.started = true;
    if (!entry) {
      levels.pop_back();
      continue;
    }
    stats.key_bytes += entry->key.size();
    if (!entry->is_bucket) {
      ++stats.keys;
      stats.value_bytes += entry->value.size();
      continue;
    }
    BAYPLAN_ASSIGN(const auto child, level.bucket.bucket(entry->key));
    if (child) BAYPLAN_TRY(enter(*child, levels, stats));
  }
  return stats;
}

}  // namespace bayplan::metadata
