#include <array>

#include "bayplan/metadata/schema.h"
#include "lease_records.h"

namespace bayplan::metadata::leases {
namespace {

constexpr std::array<Field, 3> kFields = {{
    {.name = "id"},
    {.name = "createdat", .key = schema::kCreatedAt, .type = FieldType::time},
    {.name = "labels", .bucket = schema::kLabels, .type = FieldType::map},
}};

}  // namespace

FieldTable lease_fields() noexcept { return kFields; }

Result<ListEnd> list(const BucketSource& source, std::string_view ns, const BoundFilter& filter,
                     const ListOptions& options, const std::function<Result<void>(const Lease&)>& visit,
                     const ListProblem& problem) {
  BAYPLAN_ASSIGN(const auto leases, lease_bucket(source, ns));
  if (!leases) return ListEnd{};
  const auto record = [&](std::string_view id, const Bucket& bucket) -> Result<void> {
    BAYPLAN_ASSIGN(const Lease lease, decode_record(id, bucket));
    return visit(lease);
  };
  return metadata::list(*leases, filter, options, {record, problem});
}

}  // namespace bayplan::metadata::leases
