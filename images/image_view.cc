#include <array>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/record_entry.h"
#include "bayplan/metadata/schema.h"
#include "image_records.h"

namespace bayplan::images {
namespace {

namespace codec = metadata::codec;
namespace schema = metadata::schema;
using codec::Part;
using metadata::Bucket;

Error corrupt(std::string_view what) { return {Errc::corrupt, "record", {}, what}; }

// Without its annotations, which the record has.
Result<void> view_target(const Bucket& record, const Part& target, ImageView& image) {
  if (!target.is_bucket()) return corrupt("it has no target");
  std::array parts{Part{schema::kDigest}, Part{schema::kMediaType}, Part{schema::kSize}};
  const auto& [digest, media_type, size] = parts;
  BAYPLAN_TRY(codec::read_parts(record, target, parts));
  BAYPLAN_ASSIGN(image.digest, digest.require());
  if (!Digest::parse(image.digest)) return corrupt("its target is no digest: " + quoted(image.digest));
  BAYPLAN_ASSIGN(image.media_type, media_type.require());
  BAYPLAN_ASSIGN(const std::string_view size_bytes, size.require());
  BAYPLAN_ASSIGN(image.size, codec::decode_size(size_bytes));
  return {};
}

Result<void> view_parts(const Bucket& record, ImageView& image) {
  std::array parts{Part{schema::kAnnotations}, Part{schema::kCreatedAt}, Part{schema::kLabels},
                   Part{schema::kTarget}, Part{schema::kUpdatedAt}};
  const auto& [annotations, created_at, labels, target, updated_at] = parts;
  BAYPLAN_TRY(codec::read_parts(record, parts));
  BAYPLAN_TRY(view_target(record, target, image));
  BAYPLAN_ASSIGN(image.created, codec::read_time(created_at));
  BAYPLAN_ASSIGN(image.updated, codec::read_time(updated_at));
  BAYPLAN_ASSIGN(image.annotations, codec::view_map(record, annotations));
  BAYPLAN_ASSIGN(image.labels, codec::view_map(record, labels));
  return {};
}

}  // namespace

Image ImageView::own() const {
  return {.name = std::string(name),
          .target = {.media_type = std::string(media_type),
                     .digest = Digest::parse(digest).value(),
                     .size = size,
                     .annotations = annotations.own()},
          .labels = labels.own(),
          .created = created,
          .updated = updated};
}

// Filled where it is answered: images are large to move.
Result<ImageView> view_record(const Bucket& record, std::string_view name) {
  Result<ImageView> image{ImageView()};
  image->name = name;
  auto viewed = view_parts(record, *image);
  if (!viewed) return std::move(viewed).error().with_context("image", name);
  return image;
}

Result<ImageView> view_entry(const Bucket& images, const metadata::Entry& entry) {
  BAYPLAN_ASSIGN(const Bucket record, metadata::record_at(images, entry, "image"));
  return view_record(record, entry.key);
}

}  // namespace bayplan::images
