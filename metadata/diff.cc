#include "bayplan/metadata/diff.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "bayplan/metadata/walk.h"

namespace bayplan::metadata {
namespace {

/// One of the two snapshots: the bucket at hand, or nothing where it has none.
class Side {
 public:
  Side() = default;
  explicit Side(const Bucket& bucket) : bucket_(bucket) {}

  Result<void> begin() {
    if (!bucket_) return {};
    BAYPLAN_ASSIGN(cursor_, bucket_->cursor());
    return take(cursor_->first());
  }
  Result<void> advance() { return take(cursor_->next()); }

  const std::optional<Bucket>& bucket() const { return bucket_; }
  const std::optional<Entry>& at() const { return at_; }
  /// Where the bucket under the cursor lies. Precondition: at() is one.
  Result<Side> enter() const {
    if (at_->bucket) return Side(Bucket(bucket_->source(), *at_->bucket));
    BAYPLAN_ASSIGN(const auto found, bucket_->bucket(at_->key));
    return found ? Side(*found) : Side();
  }
  const BucketHandle* handle() const { return bucket_ ? &bucket_->handle() : nullptr; }

 private:
  Result<void> take(Result<std::optional<Entry>> entry) {
    if (!entry) return std::move(entry).error();
    at_ = *entry;
    return {};
  }

  std::optional<Bucket> bucket_{};
  std::unique_ptr<BucketCursor> cursor_{};
  std::optional<Entry> at_{};
};

bool has_rows(const BucketHandle* handle) { return handle != nullptr && !handle->inline_bytes; }

// Rows of one bucket id: what has the same key and revision in both snapshots is the same row.
bool are_one(const Side& older, const Side& newer) {
  return has_rows(older.handle()) && has_rows(newer.handle()) && older.handle()->id == newer.handle()->id;
}

class Differ {
 public:
  explicit Differ(const DiffVisitor& visitor) : visitor_(visitor) {}

  Result<void> compare(Side older, Side newer) {
    if (path_.size() >= kMaxWalkDepth) return too_deep("nested too deep");
    BAYPLAN_TRY(see(older, seen_older_));
    BAYPLAN_TRY(see(newer, seen_newer_));
    BAYPLAN_TRY(older.begin());
    BAYPLAN_TRY(newer.begin());
    const bool same_rows = are_one(older, newer);
    while (!decided() && (older.at() || newer.at())) {
      const int order = compare_keys(older, newer);
      if (order < 0) BAYPLAN_TRY(only(older, Change::removed));
      if (order > 0) BAYPLAN_TRY(only(newer, Change::created));
      if (order == 0 && !(same_rows && is_same_row(older, newer))) BAYPLAN_TRY(both(older, newer));
      if (order <= 0) BAYPLAN_TRY(older.advance());
      if (order >= 0) BAYPLAN_TRY(newer.advance());
    }
    return {};
  }

 private:
  using Seen = std::unordered_set<std::uint64_t>;

  // Adds a key to the path for as long as it lives.
  class Step {
   public:
    Step(std::vector<std::string_view>& path, std::string_view key) : path_(path) { path_.push_back(key); }
    ~Step() { path_.pop_back(); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    std::vector<std::string_view>& path_;
  };

  static int compare_keys(const Side& older, const Side& newer) {
    if (!older.at()) return 1;
    if (!newer.at()) return -1;
    return older.at()->key.compare(newer.at()->key);
  }

  // The row of a larger bucket holds nothing but its number: what is inside may differ all the same.
  static bool is_same_row(const Side& older, const Side& newer) {
    const Entry& entry = *newer.at();
    const bool complete = !entry.is_bucket || (entry.bucket && entry.bucket->inline_bytes);
    return complete && older.at()->revision == entry.revision;
  }

  Error too_deep(std::string_view what) const {
    return {Errc::corrupt, "bucket", path_.empty() ? std::string_view() : path_.back(), what};
  }

  Result<void> see(const Side& side, Seen& seen) const {
    if (!has_rows(side.handle()) || seen.insert(side.handle()->id).second) return {};
    return too_deep("is reached twice");
  }

  /// Whether what is told whole is known to differ.
  bool decided() const { return whole_ && differs_; }

  DiffDepth depth() const { return visitor_.depth ? visitor_.depth(path_) : DiffDepth::inside; }

  Result<void> tell(Change change, bool is_bucket) {
    differs_ = true;
    if (whole_ || !visitor_.difference) return {};
    return visitor_.difference({.path = path_, .change = change, .is_bucket = is_bucket});
  }

  Result<void> only(const Side& side, Change change) {
    const Entry& entry = *side.at();
    const Step step(path_, entry.key);
    if (!entry.is_bucket) return tell(change, false);
    const DiffDepth deep = depth();
    if (deep == DiffDepth::skip) return {};
    BAYPLAN_TRY(tell(change, true));
    if (deep == DiffDepth::whole || whole_) return {};
    BAYPLAN_ASSIGN(Side inside, side.enter());
    return change == Change::created ? compare({}, std::move(inside)) : compare(std::move(inside), {});
  }

  Result<void> both(const Side& older, const Side& newer) {
    const Entry& before = *older.at();
    const Entry& after = *newer.at();
    if (before.is_bucket != after.is_bucket) {
      BAYPLAN_TRY(only(older, Change::removed));
      return only(newer, Change::created);
    }
    const Step step(path_, after.key);
    if (!after.is_bucket) return before.value == after.value ? Result<void>{} : tell(Change::updated, false);
    const DiffDepth deep = depth();
    if (deep == DiffDepth::skip) return {};
    BAYPLAN_ASSIGN(Side inside_older, older.enter());
    BAYPLAN_ASSIGN(Side inside_newer, newer.enter());
    if (deep == DiffDepth::inside || whole_) return compare(std::move(inside_older), std::move(inside_newer));
    whole_ = true;
    differs_ = false;
    auto compared = compare(std::move(inside_older), std::move(inside_newer));
    whole_ = false;
    if (!compared || !differs_) return compared;
    return tell(Change::updated, true);
  }

  const DiffVisitor& visitor_;
  std::vector<std::string_view> path_;
  Seen seen_older_;
  Seen seen_newer_;
  bool whole_ = false;    // inside a bucket that is told whole
  bool differs_ = false;  // since that bucket was entered
};

}  // namespace

Result<void> diff(const ReadTx& older, const ReadTx& newer, const DiffVisitor& visitor) {
  return Differ(visitor).compare(Side(root_bucket(older)), Side(root_bucket(newer)));
}

}  // namespace bayplan::metadata
