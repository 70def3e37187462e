#include "records.h"

#include <limits>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/record_entry.h"
#include "bayplan/metadata/removals.h"
#include "bayplan/metadata/schema.h"
#include "gc_kind.h"

namespace bayplan::snapshots::records {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
using metadata::Change;
using metadata::MutableBucket;
using metadata::WriteTx;
namespace codec = metadata::codec;
namespace schema = metadata::schema;

// More than any kernel stacks or any image has: a longer chain is a circle.
constexpr std::size_t kMaxChain = 100'000;

Error corrupt(std::string_view message) { return Error(Errc::corrupt, "snapshot", {}, message); }
Error absent(std::string_view key) { return Error(Errc::not_found, "snapshot", key); }
Error not_a_parent(Errc code, std::string_view key) {
  return Error(code, "snapshot", key, "only committed snapshots have others on them");
}

Result<MutableBucket> open_place(WriteTx& tx, Place place, std::string_view key) {
  BAYPLAN_ASSIGN(auto bucket,
                 metadata::open_namespace_bucket(tx, place.ns, {schema::kSnapshots, place.snapshotter}));
  if (!bucket) return absent(key);
  return *bucket;
}

Result<MutableBucket> open_record(MutableBucket& snapshots, std::string_view key) {
  BAYPLAN_ASSIGN(auto record, snapshots.bucket(key));
  if (!record) return absent(key);
  return *record;
}

Result<void> check_key(std::string_view key) {
  if (!key.empty()) return {};
  return Error(Errc::invalid_argument, "snapshot", key, "a key is not empty");
}

Result<void> check_free(const BucketSource& source, Place place, std::string_view key) {
  BAYPLAN_ASSIGN(const auto there, find(source, place, key));
  if (there) return Error(Errc::already_exists, "snapshot", key);
  return {};
}

// The one place that adds a link, and the one that drops it. A parent that a collection removed first has
// none.
Result<void> link_child(MutableBucket& snapshots, std::string_view parent, std::string_view key) {
  if (parent.empty()) return {};
  BAYPLAN_ASSIGN(auto record, open_record(snapshots, parent));
  BAYPLAN_ASSIGN(auto children, record.create_bucket_if_not_exists(schema::kChildren));
  return children.put(key, {});
}

Result<void> unlink_child(MutableBucket& snapshots, std::string_view parent, std::string_view key) {
  if (parent.empty()) return {};
  BAYPLAN_ASSIGN(auto record, snapshots.bucket(parent));
  if (!record) return {};
  BAYPLAN_ASSIGN(auto children, record->bucket(schema::kChildren));
  return children ? children->erase(key) : Result<void>();
}

Result<void> note_change(WriteTx& tx, Place place, std::string_view key, Change change) {
  return metadata::note_change(tx, kSnapshotKind, place.ns, node_key(place.snapshotter, key), change);
}

Result<void> keep(WriteTx& tx, Place place, std::string_view key, const metadata::Keeper& keeper) {
  return metadata::leases::keep(tx, place.ns, keeper,
                                {node_key(schema::kSnapshots, place.snapshotter), std::string(key)});
}

Result<void> put_usage(MutableBucket& record, const Usage& usage) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (usage.inodes > kMax || usage.bytes > kMax) {
    return Error(Errc::invalid_argument, "usage", {}, "no layer is as large as that");
  }
  BAYPLAN_TRY(record.put(schema::kInodes, codec::encode_varint(static_cast<std::int64_t>(usage.inodes))));
  return record.put(schema::kSize, codec::encode_varint(static_cast<std::int64_t>(usage.bytes)));
}

Result<void> put_kind(MutableBucket& record, Kind kind) {
  const char byte = static_cast<char>(kind);
  return record.put(schema::kKind, std::string_view(&byte, 1));
}

Result<void> write_new(WriteTx& tx, Place place, std::string_view key, const Draft& draft) {
  BAYPLAN_ASSIGN(auto snapshots,
                 metadata::create_namespace_bucket(tx, place.ns, {schema::kSnapshots, place.snapshotter}));
  BAYPLAN_ASSIGN(auto record, snapshots.create_bucket(key));
  BAYPLAN_TRY(record.put(schema::kName, draft.directory));
  BAYPLAN_TRY(put_kind(record, draft.kind));
  if (!draft.parent.empty()) BAYPLAN_TRY(record.put(schema::kParent, draft.parent));
  if (draft.kind == Kind::committed) BAYPLAN_TRY(put_usage(record, draft.usage));
  const Time created = now();
  BAYPLAN_TRY(codec::write_times(record, {created, created}));
  BAYPLAN_TRY(codec::write_map(record, schema::kLabels, draft.labels));
  BAYPLAN_TRY(link_child(snapshots, draft.parent, key));
  BAYPLAN_TRY(keep(tx, place, key, draft.keeper));
  return note_change(tx, place, key, Change::created);
}

Result<void> write_committed(WriteTx& tx, Place place, const Info& active, std::string_view parent,
                             const Sealing& sealing) {
  BAYPLAN_ASSIGN(auto snapshots, open_place(tx, place, active.key));
  BAYPLAN_TRY(unlink_child(snapshots, active.parent, active.key));
  BAYPLAN_TRY(snapshots.move_bucket(active.key, snapshots, sealing.name));
  BAYPLAN_ASSIGN(auto record, open_record(snapshots, sealing.name));
  BAYPLAN_TRY(put_kind(record, Kind::committed));
  BAYPLAN_TRY(put_usage(record, sealing.sealed.usage));
  if (parent != active.parent) BAYPLAN_TRY(record.put(schema::kParent, parent));
  const Time created = now();
  BAYPLAN_TRY(codec::write_times(record, {created, created}));
  BAYPLAN_TRY(codec::write_map(record, schema::kLabels, sealing.labels));
  BAYPLAN_TRY(link_child(snapshots, parent, sealing.name));
  BAYPLAN_TRY(keep(tx, place, sealing.name, sealing.keeper));
  BAYPLAN_TRY(note_change(tx, place, active.key, Change::removed));
  return note_change(tx, place, sealing.name, Change::created);
}

Result<void> check_parent(const BucketSource& source, Place place, std::string_view parent) {
  if (parent.empty()) return {};
  BAYPLAN_ASSIGN(const auto record, find(source, place, parent));
  if (!record) return Error(Errc::conflict, "snapshot", parent, "the parent is gone");
  BAYPLAN_ASSIGN(const Kind kind, kind_of(*record));
  if (kind == Kind::committed) return {};
  return Error(Errc::conflict, "snapshot", parent, "the parent is not committed");
}

// A snapshot that has a parent keeps it; its layer was written over that one.
Result<void> check_rebase(const BucketSource& source, Place place, const Info& active,
                          const Sealing& sealing) {
  const std::string_view parent = sealing.rebase_onto;
  if (!active.parent.empty()) {
    return Error(Errc::invalid_argument, "snapshot", active.key,
                 "its parent is " + quoted(active.parent) + ", not " + quoted(parent));
  }
  BAYPLAN_ASSIGN(const Bucket record, get(source, place, parent));
  BAYPLAN_ASSIGN(const Kind kind, kind_of(record).with_context("snapshot", parent));
  if (kind != Kind::committed) return not_a_parent(Errc::failed_precondition, parent);
  if (sealing.can_rebase) return {};
  return Error(Errc::unsupported, "snapshot", active.key, "its tree lacks what " + quoted(parent) + " has")
      .with_advice("the overlay snapshotter can");
}

}  // namespace

Result<std::optional<Bucket>> find(const BucketSource& source, Place place, std::string_view key) {
  return metadata::namespace_bucket(source, place.ns, {schema::kSnapshots, place.snapshotter, key});
}

Result<Bucket> get(const BucketSource& source, Place place, std::string_view key) {
  BAYPLAN_ASSIGN(const auto record, find(source, place, key));
  if (!record) return absent(key);
  return *record;
}

Result<Info> stat(const BucketSource& source, Place place, std::string_view key) {
  BAYPLAN_ASSIGN(const Bucket record, get(source, place, key));
  return decode(key, record);
}

Result<Kind> kind_of(const Bucket& record) {
  BAYPLAN_ASSIGN(const std::string_view bytes, record.require(schema::kKind));
  if (bytes.size() == 1 && bytes[0] >= static_cast<char>(Kind::view) &&
      bytes[0] <= static_cast<char>(Kind::committed)) {
    return static_cast<Kind>(bytes[0]);
  }
  return corrupt("its kind is none of view, active and committed");
}

Result<std::string> directory_of(const Bucket& record) {
  BAYPLAN_ASSIGN(const std::string_view name, record.require(schema::kName));
  if (!is_directory_name(name)) return corrupt("its directory " + quoted(name) + " is none of ours");
  return std::string(name);
}

Result<std::string> parent_of(const Bucket& record) {
  BAYPLAN_ASSIGN(const auto parent, record.get(schema::kParent));
  return std::string(parent.value_or(std::string_view()));
}

Result<bool> has_children(const Bucket& record, std::string_view except) {
  BAYPLAN_ASSIGN(const auto children, record.bucket(schema::kChildren));
  if (!children) return false;
  BAYPLAN_ASSIGN(const auto cursor, children->cursor());
  BAYPLAN_ASSIGN(const auto first, cursor->first());
  if (!first || first->key != except) return first.has_value();
  BAYPLAN_ASSIGN(const auto second, cursor->next());
  return second.has_value();
}

namespace {

Result<Info> decode_fields(std::string_view key, const Bucket& record) {
  Info info;
  info.key = key;
  BAYPLAN_ASSIGN(info.kind, kind_of(record));
  BAYPLAN_ASSIGN(info.directory, directory_of(record));
  BAYPLAN_ASSIGN(info.parent, parent_of(record));
  BAYPLAN_ASSIGN(const codec::Times times, codec::read_times(record));
  info.created = times.created;
  info.updated = times.updated;
  BAYPLAN_ASSIGN(info.labels, codec::read_map(record, schema::kLabels));
  if (info.kind != Kind::committed) return info;
  BAYPLAN_ASSIGN(const std::string_view inodes, record.require(schema::kInodes));
  BAYPLAN_ASSIGN(info.usage.inodes, codec::decode_size(inodes));
  BAYPLAN_ASSIGN(const std::string_view bytes, record.require(schema::kSize));
  BAYPLAN_ASSIGN(info.usage.bytes, codec::decode_size(bytes));
  return info;
}

}  // namespace

Result<Info> decode(std::string_view key, const Bucket& record) {
  return decode_fields(key, record).with_context("snapshot", key);
}

Result<Info> decode(const Bucket& snapshots, const metadata::Entry& entry) {
  BAYPLAN_ASSIGN(const Bucket record, metadata::record_at(snapshots, entry, "snapshot"));
  return decode(entry.key, record);
}

Result<LowerIds> ancestors(const BucketSource& source, Place place, std::string parent) {
  LowerIds ids;
  if (parent.empty()) return ids;
  BAYPLAN_ASSIGN(const auto snapshots,
                 metadata::namespace_bucket(source, place.ns, {schema::kSnapshots, place.snapshotter}));
  while (!parent.empty()) {
    BAYPLAN_ASSIGN(const auto record, snapshots ? snapshots->bucket(parent) : std::optional<Bucket>());
    if (!record) return corrupt("an ancestor, " + quoted(parent) + ", does not exist");
    BAYPLAN_ASSIGN(const Kind kind, kind_of(*record).with_context("snapshot", parent));
    if (kind != Kind::committed) return corrupt("an ancestor, " + quoted(parent) + ", is not committed");
    if (ids.size() == kMaxChain) return corrupt("its ancestors form a circle");
    BAYPLAN_ASSIGN(std::string id, directory_of(*record).with_context("snapshot", parent));
    ids.push_back(std::move(id));
    BAYPLAN_ASSIGN(parent, parent_of(*record));
  }
  return ids;
}

Result<LowerIds> chain(const BucketSource& source, Place place, std::string_view parent) {
  if (parent.empty()) return LowerIds();
  BAYPLAN_ASSIGN(const Bucket record, get(source, place, parent));
  BAYPLAN_ASSIGN(const Kind kind, kind_of(record).with_context("snapshot", parent));
  if (kind != Kind::committed) {
    return not_a_parent(Errc::invalid_argument, parent);
  }
  return ancestors(source, place, std::string(parent)).with_context("snapshot", parent);
}

Result<std::set<std::string>> directories(const BucketSource& source, std::string_view snapshotter) {
  std::set<std::string> found;
  BAYPLAN_ASSIGN(const auto namespaces, metadata::list_namespaces(source));
  for (const std::string& ns : namespaces) {
    BAYPLAN_ASSIGN(const auto bucket,
                   metadata::namespace_bucket(source, ns, {schema::kSnapshots, snapshotter}));
    if (!bucket) continue;
    BAYPLAN_TRY(bucket->for_each_bucket([&](std::string_view key, const Bucket& record) -> Result<void> {
      BAYPLAN_ASSIGN(std::string id, directory_of(record).with_context("snapshot", key));
      found.insert(std::move(id));
      return {};
    }));
  }
  return found;
}

Result<void> insert(WriteTx& tx, Place place, std::string_view key, const Draft& draft) {
  BAYPLAN_TRY(check_key(key));
  BAYPLAN_TRY(validate_labels(draft.labels));
  BAYPLAN_TRY(check_free(tx, place, key));
  BAYPLAN_TRY(check_parent(tx, place, draft.parent));
  return tx.savepoint([&](WriteTx& inner) { return write_new(inner, place, key, draft); });
}

Result<void> commit(WriteTx& tx, Place place, std::string_view key, const Sealing& sealing) {
  BAYPLAN_TRY(check_key(sealing.name));
  BAYPLAN_TRY(validate_labels(sealing.labels));
  BAYPLAN_TRY(check_free(tx, place, sealing.name));
  BAYPLAN_ASSIGN(const Info active, stat(tx, place, key));
  if (active.kind != Kind::active) {
    return Error(Errc::failed_precondition, "snapshot", key, "only active snapshots are committed");
  }
  if (sealing.sealed.key != key || sealing.sealed.directory != active.directory) {
    return Error(Errc::conflict, "snapshot", key, "is not the one that was sealed");
  }
  const std::string_view parent = sealing.rebase_onto.empty() ? active.parent : sealing.rebase_onto;
  if (parent != active.parent) {
    BAYPLAN_TRY(check_rebase(tx, place, active, sealing));
  } else {
    BAYPLAN_TRY(check_parent(tx, place, parent));
  }
  return tx.savepoint([&](WriteTx& inner) { return write_committed(inner, place, active, parent, sealing); });
}

Result<void> erase(WriteTx& tx, Place place, std::string_view key) {
  BAYPLAN_ASSIGN(const Bucket record, get(tx, place, key));
  BAYPLAN_ASSIGN(const std::string parent, parent_of(record));
  // One that cannot be read is a sweep's to find.
  const auto directory = directory_of(record);
  if (!directory && directory.error().code() != Errc::corrupt) return directory.error();
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto snapshots, open_place(inner, place, key));
    BAYPLAN_TRY(unlink_child(snapshots, parent, key));
    BAYPLAN_TRY(snapshots.delete_bucket(key));
    if (directory) {
      BAYPLAN_TRY(metadata::queue_removal(inner, kSnapshotKind, node_key(place.snapshotter, *directory)));
    }
    return note_change(inner, place, key, Change::removed);
  });
}

Result<void> set_labels(WriteTx& tx, Place place, std::string_view key, const Labels& given,
                        const FieldMask& mask) {
  BAYPLAN_ASSIGN(const Bucket old, get(tx, place, key));
  BAYPLAN_ASSIGN(const codec::Times times, codec::read_times(old).with_context("snapshot", key));
  BAYPLAN_ASSIGN(Labels stored, codec::read_map(old, schema::kLabels).with_context("snapshot", key));
  BAYPLAN_ASSIGN(const Labels labels, masked_labels(std::move(stored), given, mask, {"snapshot", key}));
  BAYPLAN_TRY(validate_labels(labels));
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto snapshots, open_place(inner, place, key));
    BAYPLAN_ASSIGN(auto record, open_record(snapshots, key));
    BAYPLAN_TRY(codec::write_times(record, {times.created, now()}));
    BAYPLAN_TRY(codec::write_map(record, schema::kLabels, labels));
    return note_change(inner, place, key, Change::updated);
  });
}

}  // namespace bayplan::snapshots::records
