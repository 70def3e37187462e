#include "bayplan/metadata/walk.h"

#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

namespace bayplan::metadata {
namespace {

struct Level {
  Bucket bucket;
  std::unique_ptr<BucketCursor> cursor;
  bool started = false;
};

using Seen = std::unordered_set<std::uint64_t>;

// Buckets that lead to one another would be walked a number of times that doubles with each.
Result<void> enter(std::string_view key, const Bucket& bucket, std::vector<Level>& levels, Seen& seen,
                   const Visitor& visitor) {
  if (levels.size() == kMaxWalkDepth) return Error(Errc::corrupt, "bucket", key, "nested too deep");
  const BucketHandle& handle = bucket.handle();
  if (!handle.inline_bytes && !seen.insert(handle.id).second)
    return Error(Errc::corrupt, "bucket", key, "is reached twice");
  BAYPLAN_ASSIGN(auto cursor, bucket.cursor());
  levels.push_back({bucket, std::move(cursor)});
  return visitor.enter ? visitor.enter(key, bucket, levels.size()) : Result<void>{};
}

}  // namespace

Result<void> walk(const Bucket& bucket, const Visitor& visitor) {
  std::vector<Level> levels;
  Seen seen;
  BAYPLAN_TRY(enter({}, bucket, levels, seen, visitor));
  while (!levels.empty()) {
    Level& level = levels.back();
    BAYPLAN_ASSIGN(const auto entry, level.started ? level.cursor->next() : level.cursor->first());
    level.started = true;
    if (!entry) {
      levels.pop_back();
      if (visitor.leave) BAYPLAN_TRY(visitor.leave());
    } else if (!entry->is_bucket) {
      if (visitor.value) BAYPLAN_TRY(visitor.value(*entry));
    } else if (entry->bucket) {
      BAYPLAN_TRY(enter(entry->key, Bucket(bucket.source(), *entry->bucket), levels, seen, visitor));
    } else {
      BAYPLAN_ASSIGN(const auto child, level.bucket.bucket(entry->key));
      if (child) BAYPLAN_TRY(enter(entry->key, *child, levels, seen, visitor));
    }
  }
  return {};
}

}  // namespace bayplan::metadata
