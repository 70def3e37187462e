#include "gc_kind.h"

#include <array>

#include "bayplan/metadata/gc_record.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "bayplan/snapshots/record_kind.h"
#include "record_check.h"
#include "records.h"
#include "sweep.h"

namespace bayplan::snapshots {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
using metadata::GcNode;
using metadata::GcSink;
using metadata::codec::Part;
namespace schema = metadata::schema;

// What records alone tell.
class SnapshotRecords : public metadata::GcKind {
 public:
  std::string_view kind() const override { return kSnapshotKind; }

  Result<void> scan(const BucketSource& source, std::string_view ns, GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto snapshotters, metadata::namespace_bucket(source, ns, {schema::kSnapshots}));
    if (!snapshotters) return {};
    return snapshotters->for_each_bucket([&](std::string_view snapshotter, const Bucket& snapshots) {
      return snapshots.for_each_bucket([&](std::string_view key, const Bucket& record) {
        return tell(ns, snapshotter, key, record, sink);
      });
    });
  }

  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view key,
                    GcSink& sink) const override {
    const NodeKey name = parse_node_key(ns, key);
    BAYPLAN_ASSIGN(const auto record, records::find(source, name.place, name.key));
    return record ? tell(ns, name.place.snapshotter, name.key, *record, sink) : Result<void>{};
  }

  Result<void> remove(metadata::WriteTx& tx, const GcNode& node) const override {
    const NodeKey name = parse_node_key(node.ns, node.key);
    return records::erase(tx, name.place, name.key);
  }

  Result<void> check(const BucketSource&, std::string_view, const metadata::ProblemSink&) const override {
    return {};
  }

 private:
  Result<void> tell(std::string_view ns, std::string_view snapshotter, std::string_view key,
                    const Bucket& record, GcSink& sink) const {
    std::array parts{Part{schema::kLabels}, Part{schema::kParent}, Part{schema::kSize}};
    BAYPLAN_TRY(metadata::codec::read_parts(record, parts));
    const auto& [label_part, parent, size] = parts;
    BAYPLAN_ASSIGN(const auto labels, metadata::GcLabels::of(record, label_part));
    metadata::GcObject object;
    const std::string name = node_key(snapshotter, key);
    object.key = name;
    object.root = labels.root();
    if (object.root) object.reason = metadata::kGcRootLabel;
    object.collectable = collects(snapshotter);
    object.bytes = metadata::codec::size_or_none(size);
    BAYPLAN_TRY(sink.object(object));
    if (parent.is == Part::Is::value && !parent.bytes.empty()) {
      const std::string below = node_key(snapshotter, parent.bytes);
      BAYPLAN_TRY(sink.edge({.kind = kSnapshotKind, .key = below, .why = schema::kParent}));
    }
    return labels.edges(ns, sink);
  }
  virtual bool collects(std::string_view) const { return true; }
};

class SnapshotKind final : public SnapshotRecords {
 public:
  SnapshotKind(std::shared_ptr<const Driver> driver, DiagnosticSink diagnostics)
      : driver_(std::move(driver)), diagnostics_(std::move(diagnostics)) {}

  Result<std::optional<metadata::FileSweep>> unlink(const metadata::Db& db,
                                                    const metadata::Removal& removal) const override {
    return unlink_directory(*driver_, db, removal);
  }

  Result<metadata::FileSweep> sweep_files(const metadata::Db& db, const Control& control) const override {
    return sweep_directories(*driver_, db, diagnostics_, control);
  }

  Result<void> check(const BucketSource& source, std::string_view ns,
                     const metadata::ProblemSink& sink) const override {
    return check_records(*driver_, source, ns, sink);
  }

 private:
  bool collects(std::string_view snapshotter) const override { return snapshotter == driver_->name(); }

  std::shared_ptr<const Driver> driver_;
  DiagnosticSink diagnostics_;
};

}  // namespace

std::string node_key(std::string_view snapshotter, std::string_view key) {
  return std::string(snapshotter).append("/").append(key);
}

NodeKey parse_node_key(std::string_view ns, std::string_view name) {
  const std::size_t slash = std::min(name.find('/'), name.size());
  return {{ns, name.substr(0, slash)}, name.substr(std::min(slash + 1, name.size()))};
}

const metadata::GcKind& snapshot_records_kind() {
  static const SnapshotRecords kKind;
  return kKind;
}

std::unique_ptr<metadata::GcKind> make_gc_kind(std::shared_ptr<const Driver> driver,
                                               DiagnosticSink diagnostics) {
  return std::make_unique<SnapshotKind>(std::move(driver), std::move(diagnostics));
}

}  // namespace bayplan::snapshots
