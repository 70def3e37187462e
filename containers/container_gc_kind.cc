#include <algorithm>

#include "bayplan/base/json.h"
#include "big_data_record.h"
#include "container_record.h"
#include "record_gc_kind.h"
#include "storage_names.h"

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

// What the list of a container says has to stand in the index.
Result<void> check_names(std::string_view ns, const Bucket& record, std::string_view id,
                         const storage::NameSort& sort, const ProblemText& report) {
  BAYPLAN_ASSIGN(const auto names, storage::read_names(record, sort));
  for (const std::string& name : names) {
    BAYPLAN_ASSIGN(const auto by, storage::holder(record.source(), ns, sort, name));
    if (by == id) continue;
    report("its " + std::string(sort.word) + " " + quoted(name) +
           (by ? " is in the index for " + quoted(*by) : std::string(" is not in the index")));
  }
  return {};
}

Result<void> check_big_data(std::string_view ns, const Bucket& record, const ProblemText& report) {
  return big_data::walk_record(record, [&](const big_data::StoredItem& item) -> Result<void> {
    if (item.data) return {};
    const auto blob = content::stat(record.source(), ns, *item.blob);
    if (blob && blob->size == item.size) return {};
    if (!blob && blob.error().code() != Errc::not_found) return blob.error();
    report("its big data item " + quoted(item.key) +
           (blob ? " is of another size than its blob" : " is a blob that does not exist"));
    return {};
  });
}

// The damage of one part is told and the rest looked at.
Result<void> told(Result<void> checked, const ProblemText& report) {
  if (checked || checked.error().code() != Errc::corrupt) return checked;
  report(checked.error().to_string());
  return {};
}

Result<void> check_storage(std::string_view ns, std::string_view id, const BucketSource& source,
                           const ProblemText& report) {
  BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {schema::kContainers, id}));
  if (!record) return {};
  for (const storage::NameSort& sort : {storage::kContainerNames, storage::kLayerNames}) {
    BAYPLAN_TRY(told(check_names(ns, *record, id, sort, report), report));
  }
  return told(check_big_data(ns, *record, report), report);
}

// What the index says has to stand in the list of a container.
Result<void> check_index(const BucketSource& source, std::string_view ns, const storage::NameSort& sort,
                         const metadata::ProblemSink& sink) {
  BAYPLAN_ASSIGN(const auto index, metadata::namespace_bucket(source, ns, {sort.index}));
  if (!index) return {};
  return index->for_each([&](const metadata::Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(const auto record,
                   metadata::namespace_bucket(source, ns, {schema::kContainers, entry.value}));
    if (record) {
      const auto names = storage::read_names(*record, sort);
      if (!names && names.error().code() == Errc::corrupt) return {};  // told with the container
      BAYPLAN_TRY(names);
      if (std::find(names->begin(), names->end(), entry.key) != names->end()) return {};
    }
    sink({{std::string(ContainerRecord::kWord), std::string(ns), std::string(entry.value)},
          "the index has " + std::string(sort.word) + " " + quoted(entry.key) + " for it, which is not " +
              (record ? "one of its names" : "there")});
    return {};
  });
}

struct ContainerGc : ContainerRecord {
  static constexpr std::string_view kReason = "a container";

  static Result<void> tell_edges(const Bucket& record, metadata::GcSink& sink) {
    BAYPLAN_ASSIGN(const std::string snapshotter, read_text(record, schema::kSnapshotter));
    BAYPLAN_ASSIGN(const std::string key, read_text(record, schema::kSnapshotKey));
    if (!snapshotter.empty() && !key.empty()) {
      const std::string snapshot = snapshotter + "/" + key;
      BAYPLAN_TRY(sink.edge({.kind = "snapshot", .key = snapshot, .why = schema::kSnapshotKey}));
    }
    return big_data::walk_record(record, [&](const big_data::StoredItem& item) -> Result<void> {
      if (item.data) return {};
      const std::string digest = item.blob->to_string();
      return sink.edge({.kind = "content", .key = digest, .why = "big data"});
    });
  }

  // That image and sandbox exist is not demanded: they are no links.
  static Result<void> check(std::string_view ns, const Container& container, const BucketSource& source,
                            const ProblemText& report) {
    const auto spec = json::Document::parse(container.spec, "runtime spec");
    if (!spec) report(spec.error().to_string());
    BAYPLAN_TRY(check_storage(ns, container.id, source, report));
    return check_snapshot(source, ns, container, report);
  }
};

class ContainerKind final : public RecordGcKind<ContainerGc> {
 public:
  Result<void> check(const BucketSource& source, std::string_view ns,
                     const metadata::ProblemSink& sink) const override {
    BAYPLAN_TRY(RecordGcKind<ContainerGc>::check(source, ns, sink));
    BAYPLAN_TRY(check_index(source, ns, storage::kContainerNames, sink));
    return check_index(source, ns, storage::kLayerNames, sink);
  }
};

}  // namespace

const metadata::GcKind& container_gc_kind() {
  static const ContainerKind kKind;
  return kKind;
}

}  // namespace bayplan::containers
