#include "bayplan/images/images.h"

#include <array>
#include <limits>

#include "bayplan/metadata/bucket_source.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/record_entry.h"
#include "bayplan/metadata/schema.h"
#include "image_records.h"

namespace bayplan::images {
namespace {

namespace codec = metadata::codec;
namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;
using metadata::MutableBucket;
using metadata::WriteTx;

constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();

Error no_such_image(std::string_view name) { return {Errc::not_found, "image", name}; }

Error corrupt(std::string_view what) { return {Errc::corrupt, "record", {}, what}; }

Error no_target() { return corrupt("it has no target"); }

Result<Bucket> target_of(const Bucket& record) {
  BAYPLAN_ASSIGN(const auto target, record.bucket(schema::kTarget));
  if (!target) return no_target();
  return *target;
}

Result<void> validate_annotations(const Image& image) {
  for (const auto& [key, value] : image.target.annotations) {
    if (key.empty() || key.size() > metadata::kMaxKeyBytes) {
      return Error(Errc::invalid_argument, "annotation", key, "the key is empty or too long");
    }
  }
  return {};
}

Result<void> validate(const Image& image) {
  BAYPLAN_TRY(validate_image_name(image.name));
  const auto bad = [&](std::string_view why) {
    return Error(Errc::invalid_argument, "image", image.name, why);
  };
  if (image.target.media_type.empty()) return bad("its target has no media type");
  if (image.target.size == 0 || image.target.size > kMaxSize) return bad("its target has no possible size");
  BAYPLAN_TRY(validate_labels(image.labels).with_context("image", image.name));
  return validate_annotations(image).with_context("image", image.name);
}

Result<void> write(MutableBucket& record, const Image& image, const codec::Times& times) {
  BAYPLAN_TRY(codec::write_times(record, times));
  BAYPLAN_ASSIGN(MutableBucket target, record.create_bucket_if_not_exists(schema::kTarget));
  BAYPLAN_TRY(target.put(schema::kDigest, image.target.digest.to_string()));
  BAYPLAN_TRY(target.put(schema::kMediaType, image.target.media_type));
  BAYPLAN_TRY(target.put(schema::kSize, codec::encode_varint(static_cast<std::int64_t>(image.target.size))));
  BAYPLAN_TRY(codec::write_map(record, schema::kLabels, image.labels));
  return codec::write_map(record, schema::kAnnotations, image.target.annotations);
}

// Without an expiry an image is a root.
Result<void> keep(WriteTx& tx, std::string_view ns, const Image& image, std::string_view lease) {
  if (lease.empty() || !image.labels.contains(std::string(metadata::kGcExpireLabel))) return {};
  return metadata::leases::add_resource(tx, ns, lease, {std::string(schema::kImages), image.name});
}

Result<void> create_record(WriteTx& tx, std::string_view ns, const Image& image, std::string_view lease) {
  BAYPLAN_ASSIGN(MutableBucket images, metadata::create_namespace_bucket(tx, ns, {schema::kImages}));
  BAYPLAN_ASSIGN(const auto existing, images.entry(image.name));
  if (existing) return Error(Errc::already_exists, "image", image.name);
  BAYPLAN_ASSIGN(MutableBucket record, images.create_bucket(image.name));
  const Time time = now();
  BAYPLAN_TRY(write(record, image, {time, time}));
  BAYPLAN_TRY(keep(tx, ns, image, lease));
  return metadata::note_change(tx, kImageKind, ns, image.name, metadata::Change::created);
}

Result<void> apply(Image& stored, const Image& given, std::string_view path) {
  const FieldPath at = split_field_path(path);
  if (at.is("target")) {
    stored.target = given.target;
  } else if (at.field == schema::kLabels) {
    apply_field(stored.labels, given.labels, at);
  } else if (at.field == schema::kAnnotations) {
    apply_field(stored.target.annotations, given.target.annotations, at);
  } else {
    return bad_field_path("image", given.name, path);
  }
  return {};
}

Result<Image> merged(Image stored, const Image& given, const FieldMask& mask) {
  for (const std::string& path : mask) BAYPLAN_TRY(apply(stored, given, path));
  if (mask.empty()) {
    stored.target = given.target;
    stored.labels = given.labels;
  }
  BAYPLAN_TRY(validate(stored));
  return stored;
}

void drop_empty(Labels& map) {
  std::erase_if(map, [](const auto& entry) { return entry.second.empty(); });
}

Result<Image> update_record(WriteTx& tx, std::string_view ns, const Image& given, const FieldMask& mask,
                            std::string_view lease) {
  BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(tx, ns, {schema::kImages, given.name}));
  if (!record) return no_such_image(given.name);
  BAYPLAN_ASSIGN(const ImageView stored, view_record(*record, given.name));
  BAYPLAN_ASSIGN(Image image, merged(stored.own(), given, mask));
  image.updated = now();
  BAYPLAN_TRY(write(*record, image, {image.created, image.updated}));
  BAYPLAN_TRY(keep(tx, ns, image, lease));
  BAYPLAN_TRY(metadata::note_change(tx, kImageKind, ns, image.name, metadata::Change::updated));
  drop_empty(image.labels);
  drop_empty(image.target.annotations);
  return image;
}

Result<void> check_target(const MutableBucket& images, std::string_view name, const Digest& target) {
  BAYPLAN_ASSIGN(const auto record, static_cast<const Bucket&>(images).bucket(name));
  if (!record) return no_such_image(name);
  BAYPLAN_ASSIGN(const std::string_view digest, target_digest(*record).with_context("image", name));
  if (digest == target.to_string()) return {};
  return Error(Errc::not_found, "image", name,
               "points at " + std::string(digest) + ", not at " + target.to_string());
}

}  // namespace

Result<std::optional<Bucket>> image_bucket(const BucketSource& source, std::string_view ns) {
  return metadata::namespace_bucket(source, ns, {schema::kImages});
}

Result<std::string_view> target_digest(const Bucket& record) {
  BAYPLAN_ASSIGN(const Bucket target, target_of(record));
  return target.require(schema::kDigest);
}

Result<void> validate_image_name(std::string_view name) {
  return validate_name(kImageKind, name, metadata::kMaxKeyBytes);
}

Result<ImageView> view(const BucketSource& source, std::string_view ns, std::string_view name) {
  BAYPLAN_ASSIGN(const auto images, image_bucket(source, ns));
  if (!images) return no_such_image(name);
  BAYPLAN_ASSIGN(const auto entry, images->entry(name));
  if (!entry || !entry->is_bucket) return no_such_image(name);
  return view_entry(*images, *entry);
}

Result<Image> get(const BucketSource& source, std::string_view ns, std::string_view name) {
  BAYPLAN_ASSIGN(const ImageView image, view(source, ns, name));
  return image.own();
}

Result<void> create(WriteTx& tx, std::string_view ns, const Image& image, std::string_view lease) {
  BAYPLAN_TRY(validate(image));
  return tx.savepoint([&](WriteTx& inner) { return create_record(inner, ns, image, lease); });
}

Result<Image> update(WriteTx& tx, std::string_view ns, const Image& image, const FieldMask& mask,
                     std::string_view lease) {
  BAYPLAN_TRY(validate_image_name(image.name));
  return tx.savepoint([&](WriteTx& inner) { return update_record(inner, ns, image, mask, lease); });
}

Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view name,
                    const std::optional<Digest>& target) {
  BAYPLAN_ASSIGN(auto images, metadata::open_namespace_bucket(tx, ns, {schema::kImages}));
  if (!images) return no_such_image(name);
  if (target) BAYPLAN_TRY(check_target(*images, name, *target));
  auto removed = images->delete_bucket(name);
  if (!removed && removed.error().code() == Errc::not_found) return no_such_image(name);
  BAYPLAN_TRY(removed);
  return metadata::note_change(tx, kImageKind, ns, name, metadata::Change::removed);
}

Result<void> walk(const BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const ImageView&)>& visit) {
  BAYPLAN_ASSIGN(const auto images, image_bucket(source, ns));
  if (!images) return {};
  return images->for_each([&](const metadata::Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(const ImageView image, view_entry(*images, entry));
    return visit(image);
  });
}

}  // namespace bayplan::images
