#include "records.h"

#include <array>
#include <functional>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/record_entry.h"
#include "bayplan/metadata/removals.h"
#include "bayplan/metadata/schema.h"
#include "ingest_records.h"
#include "ready_file.h"
#include "store_access.h"

namespace bayplan::content {
namespace {

namespace codec = metadata::codec;
namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;
using metadata::Change;
using metadata::MutableBucket;
using metadata::WriteTx;

constexpr std::initializer_list<std::string_view> kBlobPath = {schema::kContent, schema::kBlob};

Error no_such_blob(std::string_view key) { return {Errc::not_found, "blob", key}; }

// Empty values remove.
void merge(Labels& into, const Labels& changes) {
  for (const auto& [key, value] : changes) {
    if (value.empty()) {
      into.erase(key);
    } else {
      into[key] = value;
    }
  }
}

Result<Info> decode(const Bucket& record, const Digest& digest) {
  std::array parts{codec::Part{schema::kCreatedAt}, codec::Part{schema::kLabels}, codec::Part{schema::kSize},
                   codec::Part{schema::kUpdatedAt}};
  const auto& [created_at, labels, size_part, updated_at] = parts;
  BAYPLAN_TRY(codec::read_parts(record, parts));
  Info info{.digest = digest};
  BAYPLAN_ASSIGN(const std::string_view size, size_part.require());
  BAYPLAN_ASSIGN(info.size, codec::decode_size(size));
  BAYPLAN_ASSIGN(info.created, codec::read_time(created_at));
  BAYPLAN_ASSIGN(info.updated, codec::read_time(updated_at));
  BAYPLAN_ASSIGN(const metadata::LabelsView stored, codec::view_map(record, labels));
  info.labels = stored.own();
  return info;
}

Result<void> write(MutableBucket& record, const Info& info) {
  BAYPLAN_TRY(codec::write_times(record, {.created = info.created, .updated = info.updated}));
  BAYPLAN_TRY(record.put(schema::kSize, codec::encode_varint(static_cast<std::int64_t>(info.size))));
  return codec::write_map(record, schema::kLabels, info.labels);
}

struct NewRecord {
  Info info;
  Change change = Change::created;
};

// What is to be recorded of `file`, given what is recorded of it already.
Result<NewRecord> new_record(const MutableBucket& blobs, const ReadyFile& file, const Labels& labels) {
  const Time time = now();
  NewRecord record{.info = {.digest = file.digest, .size = file.size, .created = time, .updated = time}};
  Info& info = record.info;
  const std::string key = file.digest.to_string();
  BAYPLAN_ASSIGN(const auto present, static_cast<const Bucket&>(blobs).bucket(key));
  if (present) {
    BAYPLAN_ASSIGN(const Info old, decode(*present, file.digest).with_context("blob", key));
    info.created = old.created;
    info.labels = old.labels;
    record.change = Change::updated;
  }
  merge(info.labels, labels);
  return record;
}

Result<void> write_record(WriteTx& tx, std::string_view ns, const ReadyFile& file, const Labels& labels,
                          const metadata::Keeper& keeper) {
  BAYPLAN_ASSIGN(MutableBucket blobs, metadata::create_namespace_bucket(tx, ns, kBlobPath));
  BAYPLAN_ASSIGN(const NewRecord composed, new_record(blobs, file, labels));
  const std::string key = file.digest.to_string();
  BAYPLAN_ASSIGN(MutableBucket record, blobs.create_bucket_if_not_exists(key));
  BAYPLAN_TRY(write(record, composed.info));
  BAYPLAN_TRY(metadata::drop_removal(tx, kContentKind, key));
  BAYPLAN_TRY(metadata::leases::keep(tx, ns, keeper, {std::string(schema::kContent), key}));
  return metadata::note_change(tx, kContentKind, ns, key, composed.change);
}

// Runs `record` with the ready file and ends its ingest. After an error `blob` is still the caller's.
Result<void> consume(WriteTx& tx, StoreAccess::BlobState& blob,
                     const std::function<Result<void>(WriteTx&, const ReadyFile&)>& record) {
  const auto end = [&](WriteTx& inner) -> Result<void> {
    BAYPLAN_TRY(record(inner, blob->file));
    if (!blob->ingest) return {};
    return ingests::end(inner, blob->ingest->ns, blob->ingest->ref, blob->ingest->lease);
  };
  BAYPLAN_TRY(tx.savepoint(end));
  // The hooks die with the transaction, whichever way it ends, and the locks with the hooks.
  const auto lock = std::move(blob);
  tx.on_commit([lock] {
    if (lock->ingest) lock->ingest->dir.remove();
  });
  tx.on_abort([lock] {});
  return {};
}

// Rewrites the labels of a record as `change` has them; empty values go.
Result<Info> relabel(WriteTx& tx, std::string_view ns, const Digest& digest,
                     const std::function<Result<void>(Labels&)>& change) {
  const std::string key = digest.to_string();
  return tx.savepoint([&](WriteTx& inner) -> Result<Info> {
    BAYPLAN_ASSIGN(auto record,
                   metadata::open_namespace_bucket(inner, ns, {schema::kContent, schema::kBlob, key}));
    if (!record) return no_such_blob(key);
    BAYPLAN_ASSIGN(Info info, decode(*record, digest).with_context("blob", key));
    BAYPLAN_TRY(change(info.labels));
    std::erase_if(info.labels, [](const auto& label) { return label.second.empty(); });
    info.updated = now();
    BAYPLAN_TRY(write(*record, info));
    BAYPLAN_TRY(metadata::note_change(inner, kContentKind, ns, key, Change::updated));
    return info;
  });
}

}  // namespace

Result<std::optional<Bucket>> blob_bucket(const BucketSource& source, std::string_view ns) {
  return metadata::namespace_bucket(source, ns, kBlobPath);
}

Result<Info> decode_record(std::string_view key, const Bucket& record) {
  const auto digest = Digest::parse(key);
  if (!digest) return Error(Errc::corrupt, "blob", key, "the key of a content record is no digest");
  return decode(record, *digest).with_context("blob", key);
}

Result<Info> decode_record(const Bucket& blobs, const metadata::Entry& entry) {
  BAYPLAN_ASSIGN(const Bucket record, metadata::record_at(blobs, entry, "blob"));
  return decode_record(entry.key, record);
}

Result<void> remove_record(WriteTx& tx, std::string_view ns, std::string_view key) {
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto blobs, metadata::open_namespace_bucket(inner, ns, kBlobPath));
    if (!blobs) return no_such_blob(key);
    auto removed = blobs->delete_bucket(key);
    if (!removed && removed.error().code() == Errc::not_found) return no_such_blob(key);
    BAYPLAN_TRY(removed);
    // A key that is no digest has no file.
    if (Digest::parse(key)) BAYPLAN_TRY(metadata::queue_removal(inner, kContentKind, key));
    return metadata::note_change(inner, kContentKind, ns, key, Change::removed);
  });
}

Result<void> add(WriteTx& tx, std::string_view ns, ReadyBlob&& blob, const Labels& labels,
                 const metadata::Keeper& keeper) {
  BAYPLAN_TRY(validate_labels(labels));
  return consume(tx, StoreAccess::state(blob), [&](WriteTx& inner, const ReadyFile& file) {
    return write_record(inner, ns, file, labels, keeper);
  });
}

Result<bool> add_new(WriteTx& tx, std::string_view ns, ReadyBlob&& blob, const Labels& labels,
                     const metadata::Keeper& keeper) {
  BAYPLAN_TRY(validate_labels(labels));
  bool made = false;
  const auto record = [&](WriteTx& inner, const ReadyFile& file) -> Result<void> {
    const auto present = stat(inner, ns, file.digest);
    made = !present && present.error().code() == Errc::not_found;
    if (made) return write_record(inner, ns, file, labels, keeper);
    BAYPLAN_TRY(present);
    return metadata::leases::keep(inner, ns, keeper,
                                  {std::string(schema::kContent), file.digest.to_string()});
  };
  BAYPLAN_TRY(consume(tx, StoreAccess::state(blob), record));
  return made;
}

Result<Info> update(WriteTx& tx, std::string_view ns, const Info& info, const FieldMask& mask) {
  const std::string key = info.digest.to_string();
  return relabel(tx, ns, info.digest, [&](Labels& labels) -> Result<void> {
    BAYPLAN_ASSIGN(labels, masked_labels(std::move(labels), info.labels, mask, {"blob", key}));
    return validate_labels(labels).with_context("blob", key);
  });
}

Result<void> set_labels(WriteTx& tx, std::string_view ns, const Digest& digest, const Labels& labels) {
  BAYPLAN_TRY(update(tx, ns, {.digest = digest, .labels = labels}));
  return {};
}

Result<void> merge_labels(WriteTx& tx, std::string_view ns, const Digest& digest, const Labels& labels) {
  BAYPLAN_TRY(validate_labels(labels));
  BAYPLAN_TRY(relabel(tx, ns, digest, [&](Labels& present) -> Result<void> {
    merge(present, labels);
    return {};
  }));
  return {};
}

Result<void> remove(WriteTx& tx, std::string_view ns, const Digest& digest) {
  return remove_record(tx, ns, digest.to_string());
}

Result<Info> stat(const BucketSource& source, std::string_view ns, const Digest& digest) {
  const std::string key = digest.to_string();
  BAYPLAN_ASSIGN(const auto blobs, blob_bucket(source, ns));
  if (!blobs) return no_such_blob(key);
  BAYPLAN_ASSIGN(const auto entry, blobs->entry(key));
  if (!entry) return no_such_blob(key);
  return decode_record(*blobs, *entry);
}

Result<void> walk(const BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Info&)>& visit) {
  BAYPLAN_ASSIGN(const auto blobs, blob_bucket(source, ns));
  if (!blobs) return {};
  return blobs->for_each([&](const metadata::Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(const Info info, decode_record(*blobs, entry));
    return visit(info);
  });
}

}  // namespace bayplan::content
