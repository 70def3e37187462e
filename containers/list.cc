#include <array>

#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "record.h"

namespace bayplan::containers {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::Field;
using metadata::FieldType;

constexpr std::array<Field, 8> kFields = {{
    {.name = "id"},
    {.name = "image", .key = schema::kImage, .type = FieldType::text},
    {.name = "runtime.name", .key = schema::kName, .bucket = schema::kRuntime, .type = FieldType::text},
    {.name = "snapshotter", .key = schema::kSnapshotter, .type = FieldType::text},
    {.name = "snapshotkey", .key = schema::kSnapshotKey, .type = FieldType::text},
    {.name = "createdat", .key = schema::kCreatedAt, .type = FieldType::time},
    {.name = "updatedat", .key = schema::kUpdatedAt, .type = FieldType::time},
    {.name = "labels", .bucket = schema::kLabels, .type = FieldType::map},
}};

}  // namespace

metadata::FieldTable container_fields() noexcept { return kFields; }

Result<metadata::ListEnd> list(const metadata::BucketSource& source, std::string_view ns,
                               const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                               const std::function<Result<void>(const Container&)>& visit,
                               const metadata::ListProblem& problem) {
  BAYPLAN_ASSIGN(const auto containers, metadata::namespace_bucket(source, ns, {schema::kContainers}));
  if (!containers) return metadata::ListEnd{};
  const auto record = [&](std::string_view id, const Bucket& bucket) -> Result<void> {
    BAYPLAN_ASSIGN(const Container container, decode(id, bucket));
    return visit(container);
  };
  return metadata::list(*containers, filter, options, {record, problem});
}

}  // namespace bayplan::containers
