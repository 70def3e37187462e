#include "gc_kind.h"

#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "record_check.h"
#include "records.h"
#include "sweep.h"

namespace bayplan::snapshots {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
using metadata::GcNode;
using metadata::NodeSink;
namespace schema = metadata::schema;

GcNode make_node(std::string_view ns, std::string_view snapshotter, std::string_view key) {
  return {std::string(kSnapshotKind), std::string(ns), std::string(snapshotter) + '/' + std::string(key)};
}

// "<snapshotter>/<key>"; keys may hold slashes, snapshotters do not.
struct NodeName {
  records::Place place;
  std::string_view key;
};
NodeName parse(const GcNode& node) {
  const std::string_view name = node.key;
  const std::size_t slash = std::min(name.find('/'), name.size());
  return {{node.ns, name.substr(0, slash)}, name.substr(std::min(slash + 1, name.size()))};
}

class SnapshotKind final : public metadata::GcKind {
 public:
  SnapshotKind(std::shared_ptr<const Driver> driver, DiagnosticSink diagnostics)
      : driver_(std::move(driver)), diagnostics_(std::move(diagnostics)) {}

  std::string_view kind() const override { return kSnapshotKind; }

  Result<void> roots(const BucketSource& source, std::string_view ns, const NodeSink& sink) const override {
    BAYPLAN_ASSIGN(const auto snapshotters, metadata::namespace_bucket(source, ns, {schema::kSnapshots}));
    if (!snapshotters) return {};
    return snapshotters->for_each_bucket([&](std::string_view snapshotter, const Bucket& snapshots) {
      return snapshots.for_each_bucket([&](std::string_view key, const Bucket& record) -> Result<void> {
        BAYPLAN_ASSIGN(const bool root, metadata::has_gc_root_label(record));
        return root ? sink(make_node(ns, snapshotter, key)) : Result<void>();
      });
    });
  }

  Result<void> edges(const BucketSource& source, const GcNode& node, const NodeSink& sink) const override {
    const NodeName name = parse(node);
    BAYPLAN_ASSIGN(const auto record, records::find(source, name.place, name.key));
    if (!record) return {};
    BAYPLAN_ASSIGN(const std::string parent, records::parent_of(*record));
    if (!parent.empty()) BAYPLAN_TRY(sink(make_node(node.ns, name.place.snapshotter, parent)));
    return metadata::label_edges(*record, node.ns, sink);
  }

  Result<void> candidates(const BucketSource& source, std::string_view ns,
                          const NodeSink& sink) const override {
    BAYPLAN_ASSIGN(const auto snapshots,
                   metadata::namespace_bucket(source, ns, {schema::kSnapshots, driver_->name()}));
    if (!snapshots) return {};
    return snapshots->for_each_bucket(
        [&](std::string_view key, const Bucket&) { return sink(make_node(ns, driver_->name(), key)); });
  }

  Result<void> remove(metadata::WriteTx& tx, const GcNode& node) const override {
    const NodeName name = parse(node);
    return records::erase(tx, name.place, name.key);
  }

  Result<metadata::FileSweep> sweep_files(const metadata::Db& db, const Control& control) const override {
    return sweep_directories(*driver_, db, diagnostics_, control);
  }

  Result<void> check(const BucketSource& source, std::string_view ns,
                     const metadata::ProblemSink& sink) const override {
    return check_records(*driver_, source, ns, sink);
  }

 private:
  std::shared_ptr<const Driver> driver_;
  DiagnosticSink diagnostics_;
};

}  // namespace

std::unique_ptr<metadata::GcKind> make_gc_kind(std::shared_ptr<const Driver> driver,
                                               DiagnosticSink diagnostics) {
  return std::make_unique<SnapshotKind>(std::move(driver), std::move(diagnostics));
}

}  // namespace bayplan::snapshots
