#include "bayplan/containers/storage_record.h"

#include "bayplan/base/labels.h"
#include "storage_change.h"
#include "storage_names.h"

namespace bayplan::containers::storage {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;
using metadata::MutableBucket;
using metadata::WriteTx;
using Names = std::vector<std::string>;

Result<void> check_metadata(std::string_view id, std::string_view metadata) {
  if (metadata.size() <= kMaxMetadataBytes) return {};
  return Error(Errc::too_large, ContainerRecord::kWord, id,
               "its metadata is longer than " + std::to_string(kMaxMetadataBytes) + " bytes");
}

Result<void> validate(std::string_view id, const Record& record) {
  if (!record.owner.empty()) BAYPLAN_TRY(validate_identifier("owner", record.owner));
  BAYPLAN_TRY(validate_names(kContainerNames, record.names));
  BAYPLAN_TRY(validate_names(kLayerNames, record.layer_names));
  return check_metadata(id, record.metadata);
}

// Of sorts of names, what `wanted` makes of those that it has.
template <class F>
Result<void> rename(WriteTx& tx, std::string_view ns, std::string_view id, const NameSort& sort,
                    const Names& given, F&& wanted) {
  BAYPLAN_TRY(validate_names(sort, given).with_context(ContainerRecord::kWord, id));
  return change(tx, ns, id, [&](WriteTx& inner, MutableBucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(const Names had, read_names(record, sort));
    return assign_names(inner, ns, id, record, sort, wanted(had), Taken::move);
  });
}

Names joined(Names front, const Names& rest) {
  front.insert(front.end(), rest.begin(), rest.end());
  return without_duplicates(front);
}

}  // namespace

Result<void> attach(WriteTx& tx, std::string_view ns, std::string_view id, const Record& given) {
  BAYPLAN_TRY(validate(id, given).with_context(ContainerRecord::kWord, id));
  return change(tx, ns, id, [&](WriteTx& inner, MutableBucket& record) -> Result<void> {
    auto storage = record.create_bucket(schema::kStorage);
    if (!storage && storage.error().code() == Errc::already_exists) {
      return Error(Errc::already_exists, ContainerRecord::kWord, id, "it has names and metadata already");
    }
    BAYPLAN_TRY(storage);
    BAYPLAN_TRY(storage->put(schema::kStorageOwner, given.owner));
    BAYPLAN_TRY(storage->put(schema::kMetadata, given.metadata));
    BAYPLAN_TRY(
        assign_names(inner, ns, id, record, kContainerNames, without_duplicates(given.names), Taken::refuse));
    return assign_names(inner, ns, id, record, kLayerNames, without_duplicates(given.layer_names),
                        Taken::refuse);
  });
}

Result<Record> get(const BucketSource& source, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const Bucket record, record_of(source, ns, id));
  Record found;
  BAYPLAN_ASSIGN(const auto storage, record.bucket(schema::kStorage));
  if (!storage) return found;
  BAYPLAN_ASSIGN(found.owner, read_text(*storage, schema::kStorageOwner));
  BAYPLAN_ASSIGN(found.metadata, read_text(*storage, schema::kMetadata));
  BAYPLAN_ASSIGN(found.names, read_names(record, kContainerNames));
  BAYPLAN_ASSIGN(found.layer_names, read_names(record, kLayerNames));
  return found;
}

Result<void> walk(const BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const View&)>& visit) {
  BAYPLAN_ASSIGN(const auto records, metadata::namespace_bucket(source, ns, {schema::kContainers}));
  if (!records) return {};
  return records->for_each_bucket([&](std::string_view id, const Bucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(const auto storage, record.bucket(schema::kStorage));
    if (!storage) return {};
    BAYPLAN_ASSIGN(const auto owner, storage->get(schema::kStorageOwner));
    BAYPLAN_ASSIGN(const auto metadata, storage->get(schema::kMetadata));
    return visit({id, owner.value_or(std::string_view()), metadata.value_or(std::string_view())});
  });
}

Result<void> add_names(WriteTx& tx, std::string_view ns, std::string_view id, const Names& names) {
  return rename(tx, ns, id, kContainerNames, names, [&](const Names& had) { return joined(names, had); });
}

Result<void> set_names(WriteTx& tx, std::string_view ns, std::string_view id, const Names& names) {
  return rename(tx, ns, id, kContainerNames, names, [&](const Names&) { return without_duplicates(names); });
}

Result<void> remove_names(WriteTx& tx, std::string_view ns, std::string_view id, const Names& names) {
  return rename(tx, ns, id, kContainerNames, names, [&](const Names& had) { return less(had, names); });
}

Result<void> add_layer_names(WriteTx& tx, std::string_view ns, std::string_view id, const Names& names) {
  return rename(tx, ns, id, kLayerNames, names, [&](const Names& had) { return joined(names, had); });
}

Result<void> set_metadata(WriteTx& tx, std::string_view ns, std::string_view id, std::string_view metadata) {
  BAYPLAN_TRY(check_metadata(id, metadata));
  return change(tx, ns, id, [&](WriteTx&, MutableBucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(MutableBucket storage, record.create_bucket_if_not_exists(schema::kStorage));
    return storage.put(schema::kMetadata, metadata);
  });
}

}  // namespace bayplan::containers::storage
