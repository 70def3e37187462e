#include "bayplan/base/process.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "bayplan/snapshots/mounts.h"
#include "gc_kind.h"
#include "mount_records.h"

namespace bayplan::snapshots {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
using metadata::GcNode;
using metadata::GcSink;
namespace schema = metadata::schema;

// Where the boot cannot be told, every row counts as this one's: keeping too much is the lesser mistake.
std::string boot_or_none() {
  auto boot = process::boot_id();
  return boot ? *std::move(boot) : std::string();
}

Result<void> tell(std::string_view snapshotter, std::string_view key, const Bucket& record,
                  std::string_view boot, GcSink& sink) {
  BAYPLAN_ASSIGN(const auto row_boot, record.get(schema::kBootId));
  BAYPLAN_ASSIGN(const auto target, record.get(schema::kTarget));
  const bool current = boot.empty() || row_boot.value_or(boot) == boot;
  const std::string reason =
      current ? "mounted at " + std::string(target.value_or("?")) : "was mounted before the last boot";
  const std::string name = node_key(snapshotter, key);
  BAYPLAN_TRY(sink.object({.key = name, .root = current, .reason = reason}));
  return sink.edge({.kind = kSnapshotKind, .key = name, .why = "mounts"});
}

class MountKind final : public metadata::GcKind {
 public:
  std::string_view kind() const override { return kMountKind; }

  Result<void> scan(const BucketSource& source, std::string_view ns, GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto snapshotters, metadata::namespace_bucket(source, ns, {schema::kMounts}));
    if (!snapshotters) return {};
    const std::string boot = boot_or_none();
    return snapshotters->for_each_bucket([&](std::string_view snapshotter, const Bucket& mounts) {
      return mounts.for_each_bucket([&](std::string_view key, const Bucket& record) {
        return tell(snapshotter, key, record, boot, sink);
      });
    });
  }

  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view name,
                    GcSink& sink) const override {
    const auto [place, key] = parse_node_key(ns, name);
    BAYPLAN_ASSIGN(const auto record,
                   metadata::namespace_bucket(source, ns, {schema::kMounts, place.snapshotter, key}));
    return record ? tell(place.snapshotter, key, *record, boot_or_none(), sink) : Result<void>{};
  }

  Result<void> remove(metadata::WriteTx& tx, const GcNode& node) const override {
    const auto [place, key] = parse_node_key(node.ns, node.key);
    return mount_records::erase(tx, place, key);
  }

  Result<void> check(const BucketSource& source, std::string_view ns,
                     const metadata::ProblemSink& sink) const override {
    BAYPLAN_ASSIGN(const auto snapshotters, metadata::namespace_bucket(source, ns, {schema::kMounts}));
    if (!snapshotters) return {};
    return snapshotters->for_each_bucket([&](std::string_view snapshotter, const Bucket& mounts) {
      return mounts.for_each([&](const metadata::Entry& entry) {
        return check_row({ns, snapshotter}, mounts, entry, sink);
      });
    });
  }

 private:
  static Result<void> check_row(records::Place place, const Bucket& mounts, const metadata::Entry& entry,
                                const metadata::ProblemSink& sink) {
    const auto report = [&](std::string what) {
      sink({{std::string(kMountKind), std::string(place.ns), node_key(place.snapshotter, entry.key)},
            std::move(what)});
    };
    BAYPLAN_ASSIGN(const auto record, mounts.bucket(entry.key));
    if (!record) {
      report("a value where a record belongs");
      return {};
    }
    const auto row = mount_records::decode(entry.key, *record);
    if (!row && row.error().code() != Errc::corrupt) return row.error();
    if (!row) report(row.error().to_string());
    BAYPLAN_ASSIGN(const auto snapshot, records::find(mounts.source(), place, entry.key));
    if (!snapshot) report("its snapshot does not exist");
    return {};
  }
};

}  // namespace

const metadata::GcKind& mount_gc_kind() {
  static const MountKind kKind;
  return kKind;
}

}  // namespace bayplan::snapshots
