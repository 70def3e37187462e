// Records for filters and lists: a bucket of buckets, in the encodings of the store.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/filter.h"
#include "bayplan/metadata/schema.h"
#include "store_test_base.h"

namespace bayplan::metadata {

inline constexpr std::array<std::string_view, 3> kSnapshotKinds = {"view", "active", "committed"};
inline constexpr std::array<Field, 11> kTestFields = {{
    {.name = "id", .type = FieldType::key},
    {.name = "name", .key = schema::kName, .type = FieldType::text},
    {.name = "other", .key = "other", .type = FieldType::text},
    {.name = "parent", .key = schema::kParent, .type = FieldType::text, .always_present = true},
    {.name = "target.digest", .key = schema::kDigest, .bucket = schema::kTarget, .type = FieldType::text},
    {.name = "target.size", .key = schema::kSize, .bucket = schema::kTarget, .type = FieldType::number},
    {.name = "size", .key = schema::kSize, .type = FieldType::number},
    {.name = "createdat", .key = schema::kCreatedAt, .type = FieldType::time},
    {.name = "kind", .key = schema::kKind, .words = kSnapshotKinds, .type = FieldType::word},
    {.name = "labels", .bucket = schema::kLabels, .type = FieldType::map},
    {.name = "annotations", .bucket = schema::kAnnotations, .type = FieldType::map},
}};

inline Time test_now() { return parse_rfc3339("2026-06-02T12:00:00Z").value(); }

inline Result<Filter> parse_filters(std::vector<std::string> alternatives) {
  return Filter::parse(alternatives);
}
inline BoundFilter bound(std::vector<std::string> alternatives) {
  return parse_filters(std::move(alternatives)).value().bind(kTestFields, {.now = test_now()}).value();
}

class FilterStoreTest : public StoreTest {
 protected:
  static MutableBucket create(WriteTx& tx, std::string_view key) {
    return tx.create_bucket_if_not_exists("records").value().create_bucket(key).value();
  }
  /// A record of strings and labels.
  static void put(WriteTx& tx, std::string_view key, const Labels& strings, const Labels& labels = {}) {
    MutableBucket record = create(tx, key);
    for (const auto& [name, value] : strings) record.put(name, value).value();
    codec::write_map(record, schema::kLabels, labels).value();
  }
  /// Creates a record and lets `fill(record)` fill it.
  template <class F>
  void add(std::string_view key, F fill) {
    update([&](WriteTx& tx) {
      MutableBucket record = create(tx, key);
      fill(record);
    });
  }
  void add(std::string_view key, const Labels& strings, const Labels& labels = {}) {
    update([&](WriteTx& tx) { put(tx, key, strings, labels); });
  }

  bool matches(std::string_view key, std::vector<std::string> alternatives) {
    return matched(key, std::move(alternatives)).value();
  }
  Result<bool> matched(std::string_view key, std::vector<std::string> alternatives) {
    const BoundFilter filter = bound(std::move(alternatives));
    return db().view([&](const ReadTx& tx) -> Result<bool> {
      const auto record = tx.bucket("records").value()->bucket(key).value();
      return filter.matches(key, *record);
    });
  }
};

}  // namespace bayplan::metadata
