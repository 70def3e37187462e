#include "bayplan/containers/containers.h"

#include "container_record.h"
#include "storage_names.h"
#include "task_record.h"

namespace bayplan::containers {
namespace {

namespace schema = metadata::schema;
using metadata::BucketSource;
using metadata::Field;
using metadata::FieldType;
using metadata::WriteTx;

constexpr std::array<Field, 9> kFields = {{
    {.name = "id"},
    {.name = "image", .key = schema::kImage, .type = FieldType::text},
    {.name = "runtime.name", .key = schema::kName, .bucket = schema::kRuntime, .type = FieldType::text},
    {.name = "snapshotter", .key = schema::kSnapshotter, .type = FieldType::text},
    {.name = "snapshotkey", .key = schema::kSnapshotKey, .type = FieldType::text},
    {.name = "sandboxid", .key = schema::kSandboxId, .type = FieldType::text},
    {.name = "createdat", .key = schema::kCreatedAt, .type = FieldType::time},
    {.name = "updatedat", .key = schema::kUpdatedAt, .type = FieldType::time},
    {.name = "labels", .bucket = schema::kLabels, .type = FieldType::map},
}};

}  // namespace

Result<Container> get(const BucketSource& source, std::string_view ns, std::string_view id) {
  return ContainerRecords::get(source, ns, id);
}

Result<void> create(WriteTx& tx, std::string_view ns, const Container& container, Pins pins) {
  if (pins == Pins::snapshot) return ContainerRecords::create(tx, ns, container);
  if (container.image.empty()) {
    return Error(Errc::invalid_argument, ContainerRecord::kWord, container.id, "it has no image to pin");
  }
  Container pinning = container;
  pinning.labels.insert_or_assign(std::string(kImagePinLabel), container.image);
  return ContainerRecords::create(tx, ns, std::move(pinning));
}

Result<Container> update(WriteTx& tx, std::string_view ns, const Container& container,
                         const FieldMask& mask) {
  return ContainerRecords::update(tx, ns, container, mask);
}

Result<void> set_labels(WriteTx& tx, std::string_view ns, std::string_view id, const Labels& labels) {
  return ContainerRecords::set_labels(tx, ns, id, labels);
}

Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view id) {
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_TRY(storage::forget_names(inner, ns, id));
    BAYPLAN_TRY(tasks::forget(inner, ns, id));
    return ContainerRecords::remove(inner, ns, id);
  });
}

Result<void> walk(const BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Container&)>& visit) {
  return ContainerRecords::walk(source, ns, visit);
}

metadata::FieldTable container_fields() noexcept { return kFields; }

Result<metadata::ListEnd> list(const BucketSource& source, std::string_view ns,
                               const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                               const std::function<Result<void>(const Container&)>& visit,
                               const metadata::ListProblem& problem) {
  return ContainerRecords::list(source, ns, filter, options, visit, problem);
}

}  // namespace bayplan::containers
