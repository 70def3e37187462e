#include "container_snapshot.h"

#include "bayplan/base/file.h"
#include "bayplan/base/json.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "record_codec.h"
#include "task_record.h"

namespace bayplan::containers {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
using metadata::ReadTx;
using metadata::WriteTx;
namespace schema = metadata::schema;

// Labels by which a snapshot is kept for its own sake, or for the sake of another object.
constexpr std::string_view kBackReference = "containerd.io/gc.bref.";

Result<bool> has_keeping_label(const Bucket& snapshot) {
  BAYPLAN_ASSIGN(const auto labels, snapshot.bucket(schema::kLabels));
  bool found = false;
  if (!labels) return found;
  BAYPLAN_TRY(labels->for_each([&](const metadata::Entry& label) -> Result<void> {
    found = found || label.key.starts_with(metadata::kGcRootLabel) || label.key.starts_with(kBackReference);
    return {};
  }));
  return found;
}

Result<bool> is_layer(const Bucket& snapshot) {
  BAYPLAN_ASSIGN(const auto kind, snapshot.get(schema::kKind));
  constexpr char kCommitted = static_cast<char>(snapshots::Kind::committed);
  if (kind && *kind == std::string_view(&kCommitted, 1)) return true;
  BAYPLAN_ASSIGN(const auto children, snapshot.bucket(schema::kChildren));
  if (!children) return false;
  BAYPLAN_ASSIGN(const auto cursor, children->cursor());
  BAYPLAN_ASSIGN(const auto first, cursor->first());
  return first.has_value();
}

// One key of each record is read, and nothing decoded.
Result<bool> is_named_by_another(const BucketSource& source, std::string_view ns,
                                 const Container& container) {
  BAYPLAN_ASSIGN(const auto records, metadata::namespace_bucket(source, ns, {schema::kContainers}));
  bool found = false;
  if (!records) return found;
  BAYPLAN_TRY(records->for_each_bucket([&](std::string_view id, const Bucket& record) -> Result<void> {
    if (found || id == container.id) return {};
    BAYPLAN_ASSIGN(const auto key, record.get(schema::kSnapshotKey));
    if (!key || *key != container.snapshot_key) return {};
    BAYPLAN_ASSIGN(const std::string snapshotter, read_text(record, schema::kSnapshotter));
    found = snapshotter == container.snapshotter;
    return {};
  }));
  return found;
}

Result<bool> is_leased(const BucketSource& source, std::string_view ns, const Container& container) {
  BAYPLAN_ASSIGN(const auto leases, metadata::namespace_bucket(source, ns, {schema::kLeases}));
  bool found = false;
  if (!leases) return found;
  BAYPLAN_TRY(leases->for_each_bucket([&](std::string_view, const Bucket& lease) -> Result<void> {
    if (found) return {};
    BAYPLAN_ASSIGN(const auto snapshots, lease.bucket(schema::kSnapshots));
    if (!snapshots) return {};
    BAYPLAN_ASSIGN(const auto listed, snapshots->bucket(container.snapshotter));
    if (!listed) return {};
    BAYPLAN_ASSIGN(const auto entry, listed->get(container.snapshot_key));
    found = entry.has_value();
    return {};
  }));
  return found;
}

Result<void> remove_in(WriteTx& tx, images::Store& store, std::string_view ns, const Container& container,
                       bool shared) {
  BAYPLAN_TRY(tasks::check_none_runs(tx, ns, container.id));
  BAYPLAN_TRY(remove(tx, ns, container.id));
  if (container.snapshotter.empty() || shared) return {};
  BAYPLAN_TRY(check_snapshotter(store, container));
  auto removed = store.snapshotter().remove(tx, ns, container.snapshot_key);
  if (!removed && removed.error().code() == Errc::not_found)
    return {};  // containerd's clients may have been first
  return removed;
}

}  // namespace

Result<void> check_snapshotter(images::Store& store, const Container& container) {
  const std::string_view ours = store.snapshotter().name();
  if (container.snapshotter == ours) return {};
  return Error(Errc::failed_precondition, "container", container.id,
               container.snapshotter.empty()
                   ? "it has no snapshot"
                   : "its snapshot belongs to snapshotter " + quoted(container.snapshotter) +
                         ", the store was opened with " + quoted(ours));
}

std::optional<std::filesystem::path> own_root(const Container& container) {
  if (!container.snapshotter.empty()) return {};
  const auto spec = json::Document::parse(container.spec, "runtime spec");
  if (!spec) return {};
  const auto root = spec->root().find("root");
  const auto path = root ? root->string("path") : Result<std::string_view>(std::string_view());
  if (!path || !path->starts_with('/')) return {};
  return std::filesystem::path(*path);
}

Result<UniqueFd> open_own_root(const std::filesystem::path& rootfs) {
  if (!rootfs.is_absolute()) {
    return Error(Errc::invalid_argument, "rootfs", rootfs.native(), "the path is not absolute");
  }
  return file::open_dir(rootfs).with_context("rootfs", rootfs.native());
}

Result<bool> is_snapshot_shared(const BucketSource& source, std::string_view ns, const Container& container) {
  if (container.snapshotter.empty()) return false;
  BAYPLAN_ASSIGN(const auto snapshot,
                 metadata::namespace_bucket(
                     source, ns, {schema::kSnapshots, container.snapshotter, container.snapshot_key}));
  if (!snapshot) return false;
  for (const auto asks : {is_layer, has_keeping_label}) {
    BAYPLAN_ASSIGN(const bool kept, asks(*snapshot));
    if (kept) return true;
  }
  BAYPLAN_ASSIGN(const bool leased, is_leased(source, ns, container));
  if (leased) return true;
  return is_named_by_another(source, ns, container);
}

Result<void> remove_records(images::Store& store, std::string_view ns, std::string_view id) {
  Container container;
  BAYPLAN_ASSIGN(const bool shared, store.db().view([&](const ReadTx& tx) -> Result<bool> {
    BAYPLAN_ASSIGN(container, get(tx, ns, id));
    return is_snapshot_shared(tx, ns, container);
  }));
  return store.db().update(
      [&](WriteTx& tx) -> Result<void> {
        BAYPLAN_ASSIGN(const Container now, get(tx, ns, id));
        if (now.snapshot_key != container.snapshot_key) {
          return Error(Errc::conflict, "container", id, "its snapshot was changed meanwhile");
        }
        return remove_in(tx, store, ns, now, shared);
      },
      {.reclaiming = true});
}

}  // namespace bayplan::containers
