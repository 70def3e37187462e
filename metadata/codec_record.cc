// Parts that records of all kinds share: string maps and times.
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::metadata::codec {
namespace {

Result<Labels> read_all(const Bucket& map) {
  Labels labels;
  BAYPLAN_TRY(map.for_each([&](const Entry& entry) -> Result<void> {
    if (entry.is_bucket) return Error(Errc::corrupt, "key", entry.key, "a bucket, where only values can be");
    labels.emplace_hint(labels.end(), entry.key, entry.value);
    return {};
  }));
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

Result<Time> read_time(const Bucket& record, std::string_view key) {
  BAYPLAN_ASSIGN(const auto bytes, record.require(key));
  return decode_time(bytes).with_context("key", key);
}

}  // namespace

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

Result<void> write_times(MutableBucket& record, const Times& times) {
  BAYPLAN_TRY(record.put(schema::kCreatedAt, encode_time(times.created)));
  return record.put(schema::kUpdatedAt, encode_time(times.updated));
}

Result<Times> read_times(const Bucket& record) {
  BAYPLAN_ASSIGN(const Time created, read_time(record, schema::kCreatedAt));
  BAYPLAN_ASSIGN(const Time updated, read_time(record, schema::kUpdatedAt));
  return Times{created, updated};
}

Result<std::uint64_t> read_size(const Bucket& record, std::string_view key) {
  BAYPLAN_ASSIGN(const auto bytes, record.get(key));
  if (!bytes) return std::uint64_t{0};
  return decode_size(*bytes).value_or(0);
}

}  // namespace bayplan::metadata::codec
