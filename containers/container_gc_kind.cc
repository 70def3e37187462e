#include "bayplan/base/json.h"
#include "bayplan/containers/containers.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "record.h"

namespace bayplan::containers {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;
using metadata::GcNode;

constexpr std::string_view kSnapshotKind = "snapshot";

using ProblemText = std::function<void(std::string)>;

Result<void> check_snapshot(const BucketSource& source, std::string_view ns, const Container& container,
                            const ProblemText& report) {
  if (container.snapshotter.empty()) return {};
  BAYPLAN_ASSIGN(const auto snapshot,
                 metadata::namespace_bucket(
                     source, ns, {schema::kSnapshots, container.snapshotter, container.snapshot_key}));
  if (!snapshot) {
    report("its snapshot " + quoted(container.snapshotter + "/" + container.snapshot_key) +
           " does not exist");
  }
  return {};
}

Result<void> check_record(std::string_view ns, std::string_view id, const Bucket& record,
                          const ProblemText& report) {
  const auto container = decode(id, record);
  if (!container) {
    if (container.error().code() != Errc::corrupt) return container.error();
    report(container.error().to_string());
    return {};
  }
  const auto spec = json::Document::parse(container->spec, "runtime spec");
  if (!spec) report(spec.error().to_string());
  return check_snapshot(record.source(), ns, *container, report);
}

// Reads the two fields it needs: a container whose spec does not decode still pins its snapshot.
Result<void> tell(std::string_view ns, std::string_view id, const Bucket& record, metadata::GcSink& sink) {
  // Only its owner deletes a container.
  BAYPLAN_TRY(sink.object({.key = id, .root = true, .collectable = false, .reason = "a container"}));
  BAYPLAN_ASSIGN(const auto snapshotter, record.get(schema::kSnapshotter));
  BAYPLAN_ASSIGN(const auto key, record.get(schema::kSnapshotKey));
  if (snapshotter && !snapshotter->empty() && key && !key->empty()) {
    const std::string snapshot = std::string(*snapshotter).append("/").append(*key);
    BAYPLAN_TRY(sink.edge({.kind = kSnapshotKind, .key = snapshot, .why = schema::kSnapshotKey}));
  }
  return metadata::label_edges(ns, record, sink);
}

class ContainerGcKind final : public metadata::GcKind {
 public:
  std::string_view kind() const override { return kContainerKind; }

  Result<void> scan(const BucketSource& source, std::string_view ns, metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto containers, metadata::namespace_bucket(source, ns, {schema::kContainers}));
    if (!containers) return {};
    return containers->for_each_bucket(
        [&](std::string_view id, const Bucket& record) { return tell(ns, id, record, sink); });
  }

  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view id,
                    metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {schema::kContainers, id}));
    return record ? tell(ns, id, *record, sink) : Result<void>{};
  }

  Result<void> remove(metadata::WriteTx& tx, const GcNode& node) const override {
    return containers::remove(tx, node.ns, node.key);
  }

  Result<void> check(const BucketSource& source, std::string_view ns,
                     const metadata::ProblemSink& sink) const override {
    BAYPLAN_ASSIGN(const auto containers, metadata::namespace_bucket(source, ns, {schema::kContainers}));
    if (!containers) return {};
    return containers->for_each([&](const metadata::Entry& entry) -> Result<void> {
      const std::string_view id = entry.key;
      const ProblemText report = [&](std::string what) {
        sink({{std::string(kContainerKind), std::string(ns), std::string(id)}, std::move(what)});
      };
      BAYPLAN_ASSIGN(const auto record, containers->bucket(id));
      if (record) return check_record(ns, id, *record, report);
      report("a value where a record belongs");
      return {};
    });
  }
};

}  // namespace

const metadata::GcKind& container_gc_kind() {
  static const ContainerGcKind kKind;
  return kKind;
}

}  // namespace bayplan::containers
