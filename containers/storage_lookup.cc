#include "bayplan/containers/storage_record.h"
#include "storage_change.h"
#include "storage_names.h"

namespace bayplan::containers::storage {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;

// The only ID that begins so.
Result<std::string> by_prefix(const Bucket& records, std::string_view prefix) {
  if (prefix.size() < kMinIdPrefix) return no_such_container(prefix);
  BAYPLAN_ASSIGN(const auto cursor, records.cursor());
  BAYPLAN_ASSIGN(const auto first, cursor->seek(prefix));
  if (!first || !first->key.starts_with(prefix)) return no_such_container(prefix);
  std::string id(first->key);
  BAYPLAN_ASSIGN(const auto next, cursor->next());
  if (!next || !next->key.starts_with(prefix)) return id;
  return Error(Errc::not_found, ContainerRecord::kWord, prefix, "several IDs begin so");
}

}  // namespace

Result<std::optional<std::string>> named(const BucketSource& source, std::string_view ns,
                                         std::string_view name) {
  return holder(source, ns, kContainerNames, name);
}

Result<std::string> find(const BucketSource& source, std::string_view ns, std::string_view text) {
  BAYPLAN_ASSIGN(const auto records, metadata::namespace_bucket(source, ns, {schema::kContainers}));
  if (!records || text.empty()) return no_such_container(text);
  BAYPLAN_ASSIGN(const auto record, records->bucket(text));
  if (record) return std::string(text);
  for (const NameSort& sort : {kContainerNames, kLayerNames}) {
    BAYPLAN_ASSIGN(auto by, holder(source, ns, sort, text));
    if (by) return *std::move(by);
  }
  return by_prefix(*records, text);
}

Result<std::string> with_layer(const BucketSource& source, std::string_view ns, std::string_view layer) {
  BAYPLAN_ASSIGN(auto by, holder(source, ns, kLayerNames, layer));
  if (by) return *std::move(by);
  BAYPLAN_ASSIGN(const auto records, metadata::namespace_bucket(source, ns, {schema::kContainers}));
  std::string found;
  if (records && !layer.empty()) {
    BAYPLAN_TRY(records->for_each_bucket([&](std::string_view id, const Bucket& record) -> Result<void> {
      BAYPLAN_ASSIGN(const auto key, record.get(schema::kSnapshotKey));
      if (found.empty() && key == layer) found = id;
      return {};
    }));
  }
  if (found.empty()) return Error(Errc::not_found, "layer", layer);
  return found;
}

}  // namespace bayplan::containers::storage
