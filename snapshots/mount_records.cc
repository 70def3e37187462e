#include "mount_records.h"

#include <limits>

#include "bayplan/base/process.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "gc_kind.h"

namespace bayplan::snapshots::mount_records {
namespace {

using metadata::Bucket;
using metadata::Change;
using metadata::WriteTx;
namespace codec = metadata::codec;
namespace schema = metadata::schema;

Result<void> note_change(WriteTx& tx, records::Place place, std::string_view key, Change change) {
  return metadata::note_change(tx, kMountKind, place.ns, node_key(place.snapshotter, key), change);
}

Result<MountRow> decode_fields(const Bucket& record) {
  MountRow row;
  BAYPLAN_ASSIGN(row.boot_id, record.require(schema::kBootId));
  BAYPLAN_ASSIGN(row.target, record.require(schema::kTarget));
  BAYPLAN_ASSIGN(const std::string_view count, record.require(schema::kCount));
  BAYPLAN_ASSIGN(row.count, codec::decode_size(count));
  BAYPLAN_ASSIGN(const auto made, record.get(schema::kMade));
  row.made = made.has_value();
  // It is a path that is unmounted, and a directory that is removed.
  if (row.target.empty() || row.target.front() != '/' || row.target.find('\0') != std::string::npos)
    return Error(Errc::corrupt, "mount", {}, "its target is no absolute path");
  if (row.count > std::numeric_limits<std::int64_t>::max() - 1)
    return Error(Errc::corrupt, "mount", {}, "its count is none");
  return row;
}

}  // namespace

Result<MountRow> decode(std::string_view key, const Bucket& record) {
  return decode_fields(record).with_context("mount", key);
}

Result<std::optional<MountRow>> find(const metadata::BucketSource& source, records::Place place,
                                     std::string_view key) {
  BAYPLAN_ASSIGN(const auto record,
                 metadata::namespace_bucket(source, place.ns, {schema::kMounts, place.snapshotter, key}));
  if (!record) return std::optional<MountRow>();
  BAYPLAN_ASSIGN(MountRow row, decode(key, *record));
  return std::optional(std::move(row));
}

Result<void> put(WriteTx& tx, records::Place place, std::string_view key, const MountRow& row) {
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto mounts,
                   metadata::create_namespace_bucket(inner, place.ns, {schema::kMounts, place.snapshotter}));
    BAYPLAN_ASSIGN(const auto there, mounts.bucket(key));
    BAYPLAN_ASSIGN(auto record, mounts.create_bucket_if_not_exists(key));
    BAYPLAN_TRY(record.put(schema::kBootId, row.boot_id));
    BAYPLAN_TRY(record.put(schema::kTarget, row.target));
    BAYPLAN_TRY(record.put(schema::kCount, codec::encode_varint(static_cast<std::int64_t>(row.count))));
    BAYPLAN_TRY(row.made ? record.put(schema::kMade, {}) : record.erase(schema::kMade));
    return note_change(inner, place, key, there ? Change::updated : Change::created);
  });
}

Result<void> erase(WriteTx& tx, records::Place place, std::string_view key) {
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto mounts,
                   metadata::open_namespace_bucket(inner, place.ns, {schema::kMounts, place.snapshotter}));
    if (!mounts) return {};
    const auto gone = mounts->delete_bucket(key);
    if (!gone && gone.error().code() == Errc::not_found) return {};
    BAYPLAN_TRY(gone);
    return note_change(inner, place, key, Change::removed);
  });
}

Result<void> check_unmounted(const metadata::BucketSource& source, records::Place place,
                             std::string_view key) {
  BAYPLAN_ASSIGN(const auto row, mount_records::find(source, place, key));
  if (!row) return {};
  BAYPLAN_ASSIGN(const std::string boot, process::boot_id());
  if (row->boot_id != boot) return {};
  return Error(Errc::in_use, "snapshot", key, "it is mounted at " + quoted(row->target))
      .with_advice("unmount it first");
}

Result<void> release(WriteTx& tx, records::Place place, std::string_view key) {
  BAYPLAN_TRY(check_unmounted(tx, place, key));
  return mount_records::erase(tx, place, key);
}

}  // namespace bayplan::snapshots::mount_records
