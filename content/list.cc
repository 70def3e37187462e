#include <array>

#include "bayplan/metadata/schema.h"
#include "records.h"

namespace bayplan::content {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::Field;
using metadata::FieldType;

constexpr std::array<Field, 5> kFields = {{
    {.name = "digest"},
    {.name = "size", .key = schema::kSize, .type = FieldType::number},
    {.name = "createdat", .key = schema::kCreatedAt, .type = FieldType::time},
    {.name = "updatedat", .key = schema::kUpdatedAt, .type = FieldType::time},
    {.name = "labels", .bucket = schema::kLabels, .type = FieldType::map},
}};

}  // namespace

metadata::FieldTable content_fields() noexcept { return kFields; }

Result<metadata::ListEnd> list(const metadata::BucketSource& source, std::string_view ns,
                               const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                               const std::function<Result<void>(const Info&)>& visit,
                               const metadata::ListProblem& problem) {
  BAYPLAN_ASSIGN(const auto blobs, blob_bucket(source, ns));
  if (!blobs) return metadata::ListEnd{};
  const auto record = [&](std::string_view key, const Bucket& bucket) -> Result<void> {
    BAYPLAN_ASSIGN(const Info info, decode_record(key, bucket));
    return visit(info);
  };
  return metadata::list(*blobs, filter, options, {record, problem});
}

}  // namespace bayplan::content
