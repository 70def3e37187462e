#include <array>

#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "records.h"

namespace bayplan::snapshots {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::Field;
using metadata::FieldType;

constexpr std::array<Field, 7> kFields = {{
    {.name = "name"},
    {.name = "kind", .key = schema::kKind, .words = records::kKindWords, .type = FieldType::word},
    {.name = "parent", .key = schema::kParent, .type = FieldType::text, .always_present = true},
    {.name = "size", .key = schema::kSize, .type = FieldType::number},
    {.name = "createdat", .key = schema::kCreatedAt, .type = FieldType::time},
    {.name = "updatedat", .key = schema::kUpdatedAt, .type = FieldType::time},
    {.name = "labels", .bucket = schema::kLabels, .type = FieldType::map},
}};

}  // namespace

metadata::FieldTable snapshot_fields() noexcept { return kFields; }

Result<metadata::ListEnd> Snapshotter::list(const metadata::BucketSource& source, std::string_view ns,
                                            const metadata::BoundFilter& filter,
                                            const metadata::ListOptions& options,
                                            const std::function<Result<void>(const Info&)>& visit,
                                            const metadata::ListProblem& problem) const {
  BAYPLAN_ASSIGN(const auto snapshots, metadata::namespace_bucket(source, ns, {schema::kSnapshots, name()}));
  if (!snapshots) return metadata::ListEnd{};
  const auto record = [&](std::string_view key, const Bucket& bucket) -> Result<void> {
    BAYPLAN_ASSIGN(const Info info, records::decode(key, bucket));
    return visit(info);
  };
  return metadata::list(*snapshots, filter, options, {record, problem});
}

}  // namespace bayplan::snapshots
