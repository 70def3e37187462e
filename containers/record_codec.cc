#include "record_codec.h"

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::containers {
namespace {

namespace codec = metadata::codec;
namespace schema = metadata::schema;
using metadata::Any;
using metadata::Bucket;
using metadata::MutableBucket;

}  // namespace

Result<void> validate_extensions(const Extensions& extensions) {
  for (const auto& [name, any] : extensions) {
    if (!name.empty() && name.size() <= metadata::kMaxKeyBytes) continue;
    return Error(Errc::invalid_argument, "extension", name, "the name is empty or too long");
  }
  return {};
}

void apply_field(Extensions& into, const Extensions& from, const FieldPath& path) {
  if (!path.key) {
    into = from;
    return;
  }
  const std::string name(*path.key);
  const auto found = from.find(name);
  if (found == from.end()) {
    into.erase(name);
  } else {
    into.insert_or_assign(name, found->second);
  }
}

Result<std::string> read_text(const Bucket& record, std::string_view key) {
  BAYPLAN_ASSIGN(const auto value, record.get(key));
  return std::string(value.value_or(std::string_view()));
}

Result<std::optional<Any>> read_any(const Bucket& record, std::string_view key) {
  BAYPLAN_ASSIGN(const auto bytes, record.get(key));
  if (!bytes) return std::optional<Any>();
  BAYPLAN_ASSIGN(Any any, codec::decode_any(*bytes).with_context("key", key));
  return std::optional(std::move(any));
}

Result<Extensions> read_extensions(const Bucket& record) {
  Extensions extensions;
  BAYPLAN_ASSIGN(const auto stored, record.bucket(schema::kExtensions));
  if (!stored) return extensions;
  BAYPLAN_TRY(stored->for_each([&](const metadata::Entry& entry) -> Result<void> {
    if (entry.is_bucket)
      return Error(Errc::corrupt, "extension", entry.key, "a bucket, where a value belongs");
    BAYPLAN_ASSIGN(Any any, codec::decode_any(entry.value).with_context("extension", entry.key));
    extensions.emplace_hint(extensions.end(), entry.key, std::move(any));
    return {};
  }));
  return extensions;
}

Result<Runtime> read_runtime(const Bucket& record) {
  BAYPLAN_ASSIGN(const auto stored, record.bucket(schema::kRuntime));
  if (!stored) return Error(Errc::corrupt, "bucket", schema::kRuntime, "missing");
  Runtime runtime;
  BAYPLAN_ASSIGN(runtime.name, stored->require(schema::kName));
  BAYPLAN_ASSIGN(runtime.options, read_any(*stored, schema::kOptions));
  return runtime;
}

Result<void> write_any(MutableBucket& record, std::string_view key, const std::optional<Any>& any) {
  return any ? record.put(key, codec::encode_any(*any)) : record.erase(key);
}

Result<void> write_runtime(MutableBucket& record, const Runtime& runtime) {
  BAYPLAN_ASSIGN(MutableBucket stored, record.create_bucket_if_not_exists(schema::kRuntime));
  BAYPLAN_TRY(stored.put(schema::kName, runtime.name));
  return write_any(stored, schema::kOptions, runtime.options);
}

Result<void> write_extensions(MutableBucket& record, const Extensions& before, const Extensions& after) {
  if (before == after) return {};
  if (after.empty()) return record.delete_bucket(schema::kExtensions);
  BAYPLAN_ASSIGN(MutableBucket stored, record.create_bucket_if_not_exists(schema::kExtensions));
  for (const auto& [name, any] : before) {
    if (!after.contains(name)) BAYPLAN_TRY(stored.erase(name));
  }
  for (const auto& [name, any] : after) {
    const auto old = before.find(name);
    if (old != before.end() && old->second == any) continue;
    BAYPLAN_TRY(write_any(stored, name, any));
  }
  return {};
}

}  // namespace bayplan::containers
