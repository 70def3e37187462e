#include <array>

#include "bayplan/metadata/schema.h"
#include "image_records.h"

namespace bayplan::images {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::Field;
using metadata::FieldType;

constexpr std::array<Field, 8> kFields = {{
    {.name = "name"},
    {.name = "target.digest", .key = schema::kDigest, .bucket = schema::kTarget, .type = FieldType::text},
    {.name = "target.mediatype",
     .key = schema::kMediaType,
     .bucket = schema::kTarget,
     .type = FieldType::text},
    {.name = "size", .key = schema::kSize, .bucket = schema::kTarget, .type = FieldType::number},
    {.name = "createdat", .key = schema::kCreatedAt, .type = FieldType::time},
    {.name = "updatedat", .key = schema::kUpdatedAt, .type = FieldType::time},
    {.name = "labels", .bucket = schema::kLabels, .type = FieldType::map},
    {.name = "annotations", .bucket = schema::kAnnotations, .type = FieldType::map},
}};

}  // namespace

metadata::FieldTable image_fields() noexcept { return kFields; }

Result<metadata::ListEnd> list(const metadata::BucketSource& source, std::string_view ns,
                               const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                               const std::function<Result<void>(const ImageView&)>& visit,
                               const metadata::ListProblem& problem) {
  BAYPLAN_ASSIGN(const auto images, image_bucket(source, ns));
  if (!images) return metadata::ListEnd{};
  const auto record = [&](std::string_view name, const Bucket& bucket) -> Result<void> {
    BAYPLAN_ASSIGN(const ImageView image, view_record(bucket, name));
    return visit(image);
  };
  return metadata::list(*images, filter, options, {record, problem});
}

}  // namespace bayplan::images
