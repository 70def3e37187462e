#include "storage_names.h"

#include <algorithm>

#include "bayplan/base/labels.h"
#include "bayplan/containers/storage_record.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/namespaces.h"
#include "container_record.h"

namespace bayplan::containers::storage {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;
using metadata::MutableBucket;
using metadata::WriteTx;
using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Byte order is the order of the list.
std::string position_key(std::size_t position) {
  std::string key;
  for (int shift = 24; shift >= 0; shift -= 8) key += static_cast<char>(position >> shift & 0xff);
  return key;
}

Result<void> write_names(MutableBucket& record, const NameSort& sort, const Names& names) {
  BAYPLAN_ASSIGN(MutableBucket storage, record.create_bucket_if_not_exists(schema::kStorage));
  BAYPLAN_ASSIGN(const auto before, storage.bucket(sort.list));
  if (before) BAYPLAN_TRY(storage.delete_bucket(sort.list));
  if (names.empty()) return {};
  BAYPLAN_ASSIGN(MutableBucket list, storage.create_bucket(sort.list));
  for (std::size_t i = 0; i < names.size(); ++i) BAYPLAN_TRY(list.put(position_key(i), names[i]));
  return {};
}

Error in_use(const BucketSource& source, std::string_view ns, const NameSort& sort, std::string_view name,
             std::string_view by) {
  std::string message = "that name is already in use by container " + quoted(by);
  const auto record = get(source, ns, by);
  if (record && !record->owner.empty()) message += ", which " + record->owner + " made";
  return Error(Errc::already_exists, sort.word, name, message)
      .with_advice("remove that container first, or choose another name");
}

// A container that loses a name has changed.
Result<void> take_from(WriteTx& tx, std::string_view ns, std::string_view id, const NameSort& sort,
                       const std::string& name) {
  BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(tx, ns, {schema::kContainers, id}));
  if (!record) return {};
  BAYPLAN_ASSIGN(const Names had, read_names(*record, sort));
  BAYPLAN_TRY(write_names(*record, sort, less(had, {name})));
  BAYPLAN_TRY(record->put(schema::kUpdatedAt, metadata::codec::encode_time(now())));
  return metadata::note_change(tx, ContainerRecord::kWord, ns, id, metadata::Change::updated);
}

}  // namespace

Result<void> validate_names(const NameSort& sort, const Names& names) {
  for (const std::string& name : names) BAYPLAN_TRY(validate_name(sort.word, name, kMaxNameBytes));
  return {};
}

Names without_duplicates(const Names& names) {
  Names once;
  for (const std::string& name : names) {
    if (!contains(once, name)) once.push_back(name);
  }
  return once;
}

Names less(const Names& names, const Names& others) {
  Names rest;
  std::copy_if(names.begin(), names.end(), std::back_inserter(rest),
               [&](const std::string& name) { return !contains(others, name); });
  return rest;
}

Result<Names> read_names(const Bucket& record, const NameSort& sort) {
  Names names;
  BAYPLAN_ASSIGN(const auto list, record.descend({schema::kStorage, sort.list}));
  if (!list) return names;
  BAYPLAN_TRY(list->for_each([&](const metadata::Entry& entry) -> Result<void> {
    if (entry.is_bucket) return Error(Errc::corrupt, sort.word, {}, "a bucket, where a name belongs");
    names.emplace_back(entry.value);
    return {};
  }));
  return names;
}

Result<std::optional<std::string>> holder(const BucketSource& source, std::string_view ns,
                                          const NameSort& sort, std::string_view name) {
  BAYPLAN_ASSIGN(const auto index, metadata::namespace_bucket(source, ns, {sort.index}));
  if (!index || name.empty()) return std::optional<std::string>();
  BAYPLAN_ASSIGN(const auto id, index->get(name));
  if (!id) return std::optional<std::string>();
  BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {schema::kContainers, *id}));
  return record ? std::optional(std::string(*id)) : std::nullopt;
}

Result<void> assign_names(WriteTx& tx, std::string_view ns, std::string_view id, MutableBucket& record,
                          const NameSort& sort, const Names& wanted, Taken taken) {
  BAYPLAN_ASSIGN(const Names had, read_names(record, sort));
  if (wanted == had) return {};
  BAYPLAN_ASSIGN(MutableBucket index, metadata::create_namespace_bucket(tx, ns, {sort.index}));
  for (const std::string& name : less(had, wanted)) BAYPLAN_TRY(index.erase(name));
  for (const std::string& name : less(wanted, had)) {
    BAYPLAN_ASSIGN(const auto by, holder(tx, ns, sort, name));
    if (by && *by != id) {
      if (taken == Taken::refuse) return in_use(tx, ns, sort, name, *by);
      BAYPLAN_TRY(take_from(tx, ns, *by, sort, name));
    }
    BAYPLAN_TRY(index.put(name, id));
  }
  return write_names(record, sort, wanted);
}

Result<void> forget_names(WriteTx& tx, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const auto record, metadata::open_namespace_bucket(tx, ns, {schema::kContainers, id}));
  if (!record) return {};
  for (const NameSort& sort : {kContainerNames, kLayerNames}) {
    BAYPLAN_ASSIGN(const Names names, read_names(*record, sort));
    if (names.empty()) continue;
    BAYPLAN_ASSIGN(MutableBucket index, metadata::create_namespace_bucket(tx, ns, {sort.index}));
    for (const std::string& name : names) {
      BAYPLAN_ASSIGN(const auto by, index.get(name));
      if (by == id) BAYPLAN_TRY(index.erase(name));
    }
  }
  return {};
}

}  // namespace bayplan::containers::storage
