#include "bayplan/base/json.h"
#include "container_record.h"
#include "record_gc_kind.h"

namespace bayplan::containers {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;

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

struct ContainerGc : ContainerRecord {
  static constexpr std::string_view kReason = "a container";

  static Result<void> tell_edges(const Bucket& record, metadata::GcSink& sink) {
    BAYPLAN_ASSIGN(const std::string snapshotter, read_text(record, schema::kSnapshotter));
    BAYPLAN_ASSIGN(const std::string key, read_text(record, schema::kSnapshotKey));
    if (snapshotter.empty() || key.empty()) return {};
    const std::string snapshot = snapshotter + "/" + key;
    return sink.edge({.kind = "snapshot", .key = snapshot, .why = schema::kSnapshotKey});
  }

  // That image and sandbox exist is not demanded: they are no links.
  static Result<void> check(std::string_view ns, const Container& container, const BucketSource& source,
                            const ProblemText& report) {
    const auto spec = json::Document::parse(container.spec, "runtime spec");
    if (!spec) report(spec.error().to_string());
    return check_snapshot(source, ns, container, report);
  }
};

}  // namespace

const metadata::GcKind& container_gc_kind() {
  static const RecordGcKind<ContainerGc> kKind;
  return kKind;
}

}  // namespace bayplan::containers
