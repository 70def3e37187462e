#include "bayplan/metadata/bucket_source.h"

namespace bayplan::metadata {

Error Lifeline::ended() {
  return Error(Errc::closed, "transaction", {}, "has ended")
      .with_advice("use buckets and cursors inside the closure that they came from");
}

Result<bool> BucketCursor::advance(Entry& entry) {
  BAYPLAN_ASSIGN(const auto found, next());
  if (found) entry = *found;
  return found.has_value();
}

Result<bool> BucketCursor::advance_where(Entry& entry, InlineTest& test) {
  while (true) {
    BAYPLAN_ASSIGN(const bool found, advance(entry));
    if (!found) return false;
    const bool tested = entry.bucket && entry.bucket->inline_bytes;
    if (!tested || test.passes(entry.key, *entry.bucket->inline_bytes)) return true;
  }
}

Result<void> BucketSource::for_each(const BucketHandle& bucket,
                                    const std::function<Result<void>(const Entry&)>& visit) const {
  BAYPLAN_ASSIGN(const auto at, open_cursor(bucket));
  BAYPLAN_ASSIGN(const auto first, at->first());
  if (!first) return {};
  Entry entry = *first;
  while (true) {
    BAYPLAN_TRY(visit(entry));
    BAYPLAN_ASSIGN(const bool more, at->advance(entry));
    if (!more) return {};
  }
}

Result<std::optional<Entry>> Bucket::entry(std::string_view key) const {
  BAYPLAN_TRY(usable());
  return source_->find(handle_, key);
}

Result<std::uint64_t> Bucket::sequence() const {
  BAYPLAN_TRY(usable());
  return source_->sequence(handle_);
}

Result<std::unique_ptr<BucketCursor>> Bucket::cursor() const {
  BAYPLAN_TRY(usable());
  return source_->open_cursor(handle_);
}

Result<std::optional<std::string_view>> Bucket::get(std::string_view key) const {
  BAYPLAN_TRY(usable());
  auto found = source_->find(handle_, key);
  if (!found) return std::move(found).error();
  const std::optional<Entry>& entry = *found;
  if (!entry || entry->is_bucket) return std::optional<std::string_view>{};
  return entry->value;
}

Result<std::string_view> Bucket::require(std::string_view key) const {
  BAYPLAN_ASSIGN(const auto value, get(key));
  if (!value) return Error(Errc::corrupt, "key", key, "absent, though every record has it");
  return *value;
}

Result<std::optional<Bucket>> Bucket::bucket(std::string_view key) const { return descend({key}); }

Result<std::optional<Bucket>> Bucket::descend(std::initializer_list<std::string_view> path) const {
  BAYPLAN_TRY(usable());
  BucketHandle at = handle_;
  for (const std::string_view step : path) {
    auto found = source_->find_bucket(at, step);
    if (!found) return std::move(found).error();
    if (!*found) return std::optional<Bucket>{};
    at = **found;
  }
  return Bucket(*source_, at);
}

Result<std::optional<std::string_view>> Bucket::inline_bytes() const {
  BAYPLAN_TRY(usable());
  if (handle_.inline_bytes) BAYPLAN_TRY(source_->usable());
  return handle_.inline_bytes;
}

Result<void> Bucket::for_each(const std::function<Result<void>(const Entry&)>& visit) const {
  BAYPLAN_TRY(usable());
  return source_->for_each(handle_, visit);
}

Result<void> Bucket::for_each_bucket(
    const std::function<Result<void>(std::string_view key, const Bucket&)>& visit) const {
  return for_each([&](const Entry& entry) -> Result<void> {
    if (!entry.is_bucket) return {};
    if (entry.bucket) return visit(entry.key, Bucket(*source_, *entry.bucket));
    BAYPLAN_ASSIGN(const auto found, bucket(entry.key));
    return found ? visit(entry.key, *found) : Result<void>{};
  });
}

}  // namespace bayplan::metadata
