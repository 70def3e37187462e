#include "bayplan/metadata/namespaces.h"

#include "bayplan/base/labels.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::metadata {
namespace {

// v1, and beside the namespaces the version of what they hold.
Result<MutableBucket> schema_bucket(WriteTx& tx) {
  BAYPLAN_ASSIGN(const auto existing, tx.bucket(schema::kRoot));
  if (existing) return *existing;
  BAYPLAN_ASSIGN(MutableBucket created, tx.create_bucket(schema::kRoot));
  BAYPLAN_TRY(created.put(schema::kVersion, codec::encode_varint(schema::kSchemaVersion)));
  return created;
}

}  // namespace

Result<void> validate_namespace(std::string_view name) {
  BAYPLAN_TRY(validate_identifier("namespace", name));
  if (name != schema::kVersion) return {};
  return Error(Errc::invalid_argument, "namespace", name, "is where the schema keeps its version");
}

Result<std::vector<std::string>> list_namespaces(const BucketSource& source) {
  std::vector<std::string> names;
  BAYPLAN_ASSIGN(const auto root, root_bucket(source).bucket(schema::kRoot));
  if (!root) return names;
  BAYPLAN_TRY(root->for_each([&](const Entry& entry) -> Result<void> {
    if (entry.is_bucket) names.emplace_back(entry.key);
    return {};
  }));
  return names;
}

Result<std::optional<Bucket>> namespace_bucket(const BucketSource& source, std::string_view name,
                                               std::initializer_list<std::string_view> path) {
  BAYPLAN_ASSIGN(const auto found, root_bucket(source).descend({schema::kRoot, name}));
  if (!found) return found;
  return found->descend(path);
}

Result<MutableBucket> create_namespace_bucket(WriteTx& tx, std::string_view name,
                                              std::initializer_list<std::string_view> path) {
  BAYPLAN_TRY(validate_namespace(name));
  BAYPLAN_ASSIGN(MutableBucket at, schema_bucket(tx));
  BAYPLAN_ASSIGN(at, at.create_bucket_if_not_exists(name));
  return at.create_path(path);
}

Result<std::optional<MutableBucket>> open_namespace_bucket(WriteTx& tx, std::string_view name,
                                                           std::initializer_list<std::string_view> path) {
  BAYPLAN_ASSIGN(auto found, tx.root().descend({schema::kRoot, name}));
  if (!found) return found;
  return found->descend(path);
}

}  // namespace bayplan::metadata
