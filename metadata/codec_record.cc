// Parts that records of all kinds share: string maps and times.
#include <array>
#include <utility>
#include <vector>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"
#include "inline_cursor.h"

namespace bayplan::metadata::codec {
namespace {

Error bucket_in_map(std::string_view key) {
  return Error(Errc::corrupt, "key", key, "a bucket, where only values can be");
}

Result<LabelsView> view_inline(std::string_view bytes) {
  InlineScan scan(bytes);
  InlineEntry entry;
  std::size_t size = 0;
  while (scan.next(entry)) {
    if (entry.is_bucket) return bucket_in_map(entry.key);
    if (!entry.key.empty()) ++size;
  }
  if (scan.damaged()) return inline_damage();
  return LabelsView(bytes, size);
}

Result<LabelsView> view_all(const Bucket& map) {
  BAYPLAN_ASSIGN(const auto bytes, map.inline_bytes());
  if (bytes) return view_inline(*bytes);
  std::vector<LabelsView::Item> items;
  BAYPLAN_TRY(map.for_each([&](const Entry& entry) -> Result<void> {
    if (entry.is_bucket) return bucket_in_map(entry.key);
    items.push_back({entry.key, entry.value});
    return {};
  }));
  return LabelsView(std::move(items));
}

Result<void> replace_all(MutableBucket& bucket, const Labels& map) {
  BAYPLAN_ASSIGN(const LabelsView stored, view_all(bucket));
  const Labels before = stored.own();
  for (const auto& [name, value] : before) {
    if (const auto now = map.find(name); now == map.end() || now->second.empty())
      BAYPLAN_TRY(bucket.erase(name));
  }
  for (const auto& [name, value] : map) {
    const auto old = before.find(name);
    if (value.empty() || (old != before.end() && old->second == value)) continue;
    BAYPLAN_TRY(bucket.put(name, value));
  }
  return {};
}

bool holds_nothing(const Labels& map) {
  for (const auto& [name, value] : map) {
    if (!value.empty()) return false;
  }
  return true;
}

// The first of `key`, looked for from `next` on: keys and parts are in the same order, mostly.
Part* part_of(std::span<Part> parts, std::string_view key, std::size_t& next) {
  for (std::size_t tried = 0; tried < parts.size(); ++tried) {
    Part& part = parts[next];
    next = next + 1 == parts.size() ? 0 : next + 1;
    if (same_key(part.key, key)) return &part;
  }
  return nullptr;
}

// What is met first counts, as it does for who looks the key up.
Result<void> take_all(std::string_view bytes, std::uint64_t revision, std::span<Part> parts) {
  InlineScan scan(bytes);
  InlineEntry found;
  std::size_t next = 0;
  std::size_t missing = parts.size();
  while (missing > 0) {
    if (!scan.next(found)) return scan.damaged() ? inline_damage() : Result<void>{};
    Part* const part = part_of(parts, found.key, next);
    if (part == nullptr || part->is != Part::Is::nothing) continue;
    --missing;
    part->is = found.is_bucket ? Part::Is::inline_bucket : Part::Is::value;
    part->bytes = found.value;
    part->revision = revision;
  }
  return {};
}

Result<void> look_up(const Bucket& record, Part& part) {
  BAYPLAN_ASSIGN(const auto entry, record.entry(part.key));
  if (!entry) return {};
  if (!entry->is_bucket) {
    part.is = Part::Is::value;
    part.bytes = entry->value;
    return {};
  }
  BAYPLAN_ASSIGN(const auto bucket, record.bucket(part.key));
  if (!bucket) return {};
  const BucketHandle& handle = bucket->handle();
  part.is = handle.inline_bytes ? Part::Is::inline_bucket : Part::Is::bucket;
  part.bytes = handle.inline_bytes.value_or(std::string_view());
  part.bucket_id = handle.id;
  part.revision = handle.revision;
  return {};
}

}  // namespace

Result<std::string_view> Part::require() const {
  if (is == Is::value) return bytes;
  return Error(Errc::corrupt, "key", key, "absent, though every record has it");
}

std::optional<BucketHandle> Part::bucket() const {
  if (is == Is::inline_bucket) return BucketHandle{0, bytes, revision};
  if (is == Is::bucket) return BucketHandle{bucket_id};
  return std::nullopt;
}

Result<void> read_parts(const Bucket& record, std::span<Part> parts) {
  BAYPLAN_ASSIGN(const auto bytes, record.inline_bytes());
  if (bytes) return take_all(*bytes, record.handle().revision, parts);
  for (Part& part : parts) BAYPLAN_TRY(look_up(record, part));
  return {};
}

Result<void> read_parts(const Bucket& record, const Part& part, std::span<Part> parts) {
  if (part.is == Part::Is::inline_bucket) return take_all(part.bytes, part.revision, parts);
  const auto bucket = part.bucket();
  return bucket ? read_parts(Bucket(record.source(), *bucket), parts) : Result<void>{};
}

Result<void> write_map(MutableBucket& record, std::string_view key, const Labels& map) {
  BAYPLAN_ASSIGN(auto existing, record.bucket(key));
  if (holds_nothing(map)) return existing ? record.delete_bucket(key) : Result<void>{};
  if (existing) return replace_all(*existing, map);
  BAYPLAN_ASSIGN(MutableBucket created, record.create_bucket(key));
  return replace_all(created, map);
}

Result<Labels> read_map(const Bucket& record, std::string_view key) {
  BAYPLAN_ASSIGN(const auto map, record.bucket(key));
  if (!map) return Labels();
  BAYPLAN_ASSIGN(const LabelsView view, view_all(*map).with_context("map", key));
  return view.own();
}

Result<LabelsView> view_map(const Bucket& record, const Part& part) {
  if (!part.is_bucket()) return LabelsView();
  auto view = part.is == Part::Is::inline_bucket ? view_inline(part.bytes)
                                                 : view_all(Bucket(record.source(), *part.bucket()));
  return std::move(view).with_context("map", part.key);
}

Result<Time> read_time(const Part& part) {
  BAYPLAN_ASSIGN(const auto bytes, part.require());
  return decode_time(bytes).with_context("key", part.key);
}

Result<void> write_times(MutableBucket& record, const Times& times) {
  BAYPLAN_TRY(record.put(schema::kCreatedAt, encode_time(times.created)));
  return record.put(schema::kUpdatedAt, encode_time(times.updated));
}

Result<Times> read_times(const Bucket& record) {
  std::array parts{Part{schema::kCreatedAt}, Part{schema::kUpdatedAt}};
  BAYPLAN_TRY(read_parts(record, parts));
  BAYPLAN_ASSIGN(const Time created, read_time(parts[0]));
  BAYPLAN_ASSIGN(const Time updated, read_time(parts[1]));
  return Times{created, updated};
}

std::uint64_t size_or_none(const Part& part) {
  return part.is == Part::Is::value ? decode_size(part.bytes).value_or(0) : 0;
}

}  // namespace bayplan::metadata::codec
