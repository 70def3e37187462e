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

class Walker {
 public:
  explicit Walker(const Visitor& visitor) : visitor_(visitor) {}

  Result<void> run(const Bucket& bucket) {
    BAYPLAN_TRY(enter({}, bucket));
    while (!levels_.empty()) {
      Level& level = levels_.back();
      const auto entry = level.started ? level.cursor->next() : level.cursor->first();
      level.started = true;
      if (!entry) {
        BAYPLAN_TRY(damage(entry.error()));
      } else if (!*entry) {
        levels_.pop_back();
        if (visitor_.leave) BAYPLAN_TRY(visitor_.leave());
      } else {
        BAYPLAN_TRY(visit(level, **entry));
      }
    }
    return {};
  }

 private:
  Result<void> visit(const Level& level, const Entry& entry) {
    if (!entry.is_bucket) return visitor_.value ? visitor_.value(entry) : Result<void>{};
    if (entry.bucket) return enter(entry.key, Bucket(level.bucket.source(), *entry.bucket));
    const auto child = level.bucket.bucket(entry.key);
    if (!child) return damage(child.error());
    return *child ? enter(entry.key, **child) : Result<void>{};
  }

  // Buckets that lead to one another would be walked a number of times that doubles with each.
  Result<void> enter(std::string_view key, const Bucket& bucket) {
    if (levels_.size() == kMaxWalkDepth)
      return damage(Error(Errc::corrupt, "bucket", key, "nested too deep"));
    const BucketHandle& handle = bucket.handle();
    if (!handle.inline_bytes && !seen_.insert(handle.id).second)
      return damage(Error(Errc::corrupt, "bucket", key, "is reached twice"));
    auto cursor = bucket.cursor();
    if (!cursor) return damage(cursor.error());
    levels_.push_back({bucket, std::move(cursor).value()});
    return visitor_.enter ? visitor_.enter(key, bucket, levels_.size()) : Result<void>{};
  }

  Result<void> damage(const Error& error) const {
    return visitor_.damage && is_passable(error) ? visitor_.damage(error) : error;
  }

  const Visitor& visitor_;
  std::vector<Level> levels_;
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace

bool is_passable(const Error& error) noexcept {
  return error.code() == Errc::corrupt || error.code() == Errc::too_large ||
         error.code() == Errc::version_mismatch;
}

Result<void> for_each_readable(const Bucket& bucket, const std::function<Result<void>(const Entry&)>& visit,
                               const std::function<Result<void>(const Error&)>& damage) {
  BAYPLAN_ASSIGN(const auto cursor, bucket.cursor());
  for (auto entry = cursor->first();; entry = cursor->next()) {
    if (!entry) {
      if (!is_passable(entry.error())) return entry.error();
      BAYPLAN_TRY(damage(entry.error()));
    } else if (!*entry) {
      return {};
    } else {
      BAYPLAN_TRY(visit(**entry));
    }
  }
}

Result<void> walk(const Bucket& bucket, const Visitor& visitor) { return Walker(visitor).run(bucket); }

}  // namespace bayplan::metadata
