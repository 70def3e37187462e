#include "bayplan/metadata/walk.h"

#include <memory>
#include <vector>

namespace bayplan::metadata {
namespace {

struct Level {
  Bucket bucket;
  std::unique_ptr<BucketCursor> cursor;
  bool started = false;
};

Result<void> enter(std::string_view key, const Bucket& bucket, std::vector<Level>& levels,
                   const Visitor& visitor) {
  if (levels.size() == kMaxWalkDepth) return Error(Errc::corrupt, "bucket", key, "nested too deep");
  BAYPLAN_ASSIGN(auto cursor, bucket.cursor());
  levels.push_back({bucket, std::move(cursor)});
  return visitor.enter ? visitor.enter(key, bucket, levels.size()) : Result<void>{};
}

}  // namespace

Result<void> walk(const Bucket& bucket, const Visitor& visitor) {
  std::vector<Level> levels;
  BAYPLAN_TRY(enter({}, bucket, levels, visitor));
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
      BAYPLAN_TRY(enter(entry->key, Bucket(bucket.source(), *entry->bucket), levels, visitor));
    } else {
      BAYPLAN_ASSIGN(const auto child, level.bucket.bucket(entry->key));
      if (child) BAYPLAN_TRY(enter(entry->key, *child, levels, visitor));
    }
  }
  return {};
}

}  // namespace bayplan::metadata
