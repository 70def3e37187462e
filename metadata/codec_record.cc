// Parts that records of all kinds share: string maps and times.
#include <array>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"
#include "inline_cursor.h"

namespace bayplan::metadata::codec {
namespace {

// Bucket::for_each for the same few keys of record after record.
template <class Visit>
Result<void> for_each_inline(std::string_view bytes, Visit visit) {
  InlineScan scan(bytes);
  InlineEntry entry;
  while (scan.next(entry)) {
    if (!entry.key.empty()) BAYPLAN_TRY(visit(entry));
  }
  return scan.damaged() ? inline_damage() : Result<void>{};
}

Result<Labels> read_all(const Bucket& map) {
  Labels labels;
  const auto add = [&](const auto& entry) -> Result<void> {
    if (entry.is_bucket) return Error(Errc::corrupt, "key", entry.key, "a bucket, where only values can be");
    labels.emplace_hint(labels.end(), entry.key, entry.value);
    return {};
  };
  BAYPLAN_ASSIGN(const auto bytes, map.inline_bytes());
  BAYPLAN_TRY(bytes ? for_each_inline(*bytes, add) : map.for_each(add));
  return labels;
}

Result<void> replace_all(MutableBucket& bucket, const Labels& map) {
  BAYPLAN_ASSIGN(const Labels before, read_all(bucket));
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

// What is met first counts, as it does for who looks the key up.
void take(std::span<Part> parts, const InlineEntry& found, std::uint64_t revision) {
  for (Part& part : parts) {
    if (part.key != found.key) continue;
    if (!part.entry) part.entry = inline_entry(found, revision);
    return;
  }
}

Result<void> look_up(const Bucket& record, Part& part) {
  BAYPLAN_ASSIGN(part.entry, record.entry(part.key));
  if (!part.entry || !part.entry->is_bucket) return {};
  BAYPLAN_ASSIGN(const auto bucket, record.bucket(part.key));
  if (bucket) part.entry->bucket = bucket->handle();
  return {};
}

}  // namespace

Result<std::string_view> Part::require() const {
  if (entry && !entry->is_bucket) return entry->value;
  return Error(Errc::corrupt, "key", key, "absent, though every record has it");
}

std::optional<Bucket> Part::bucket_in(const Bucket& record) const {
  if (!entry || !entry->bucket) return std::nullopt;
  return Bucket(record.source(), *entry->bucket);
}

Result<void> read_parts(const Bucket& record, std::span<Part> parts) {
  BAYPLAN_ASSIGN(const auto bytes, record.inline_bytes());
  if (bytes) {
    return for_each_inline(*bytes, [&](const InlineEntry& found) -> Result<void> {
      take(parts, found, record.handle().revision);
      return {};
    });
  }
  for (Part& part : parts) BAYPLAN_TRY(look_up(record, part));
  return {};
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
  if (!map) return Labels{};
  return read_all(*map).with_context("map", key);
}

Result<Labels> read_map(const Bucket& record, const Part& part) {
  const auto map = part.bucket_in(record);
  if (!map) return Labels{};
  return read_all(*map).with_context("map", part.key);
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

Result<std::uint64_t> read_size(const Bucket& record, std::string_view key) {
  BAYPLAN_ASSIGN(const auto bytes, record.get(key));
  if (!bytes) return std::uint64_t{0};
  return decode_size(*bytes).value_or(0);
}

}  // namespace bayplan::metadata::codec
