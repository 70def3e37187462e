#include "bayplan/images/flat_store.h"

#include <limits>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::images::flat {
namespace {

namespace codec = metadata::codec;
namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;
using metadata::MutableBucket;
using metadata::WriteTx;

constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();

Error no_such_image(std::string_view name) { return {Errc::not_found, "image", name}; }

Error no_store() {
  return Error(Errc::not_found, "bucket", "v1/images", "the store of flat image records was not made yet");
}

// Only its version tells v1/images from a namespace of that name.
Result<void> check_schema(const Bucket& root) {
  BAYPLAN_ASSIGN(const auto version, root.entry(schema::kVersion));
  if (!version) return {};
  return Error(Errc::version_mismatch, "schema", {}, "the images of this store lie in namespaces");
}

Result<Bucket> images_of(const BucketSource& source) {
  BAYPLAN_ASSIGN(const auto root, metadata::root_bucket(source).bucket(schema::kRoot));
  if (!root) return no_store();
  BAYPLAN_TRY(check_schema(*root));
  BAYPLAN_ASSIGN(const auto images, root->bucket(schema::kImages));
  if (!images) return no_store();
  return *images;
}

Result<MutableBucket> open_images(WriteTx& tx) {
  BAYPLAN_TRY(images_of(tx));
  BAYPLAN_ASSIGN(auto images, tx.root().descend({schema::kRoot, schema::kImages}));
  if (!images) return no_store();
  return *images;
}

Result<Descriptor> decode(const Bucket& record) {
  BAYPLAN_ASSIGN(const std::string_view text, record.require(schema::kDigest));
  const auto digest = Digest::parse(text);
  if (!digest) return Error(Errc::corrupt, "record", {}, "its target is no digest: " + quoted(text));
  BAYPLAN_ASSIGN(const std::string_view media_type, record.require(schema::kMediaType));
  BAYPLAN_ASSIGN(const std::string_view bytes, record.require(schema::kSize));
  BAYPLAN_ASSIGN(const std::uint64_t size, codec::decode_size(bytes));
  return Descriptor{std::string(media_type), *digest, size};
}

Result<Image> decode_image(std::string_view name, const Bucket& record) {
  BAYPLAN_ASSIGN(Descriptor target, decode(record).with_context("image", name));
  return Image{std::string(name), std::move(target)};
}

}  // namespace

Result<void> init(const metadata::Db& db) {
  return db.update([](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(MutableBucket root, tx.create_bucket_if_not_exists(schema::kRoot));
    BAYPLAN_TRY(check_schema(root));
    BAYPLAN_TRY(root.create_bucket_if_not_exists(schema::kImages));
    return {};
  });
}

Result<void> put(WriteTx& tx, std::string_view name, const Descriptor& target) {
  if (target.size > kMaxSize) return Error(Errc::invalid_argument, "image", name, "its target is too large");
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(MutableBucket images, open_images(inner));
    BAYPLAN_ASSIGN(MutableBucket record, images.create_bucket_if_not_exists(name));
    BAYPLAN_TRY(record.put(schema::kDigest, target.digest.to_string()));
    BAYPLAN_TRY(record.put(schema::kMediaType, target.media_type));
    return record.put(schema::kSize, codec::encode_varint(static_cast<std::int64_t>(target.size)));
  });
}

Result<Image> get(const BucketSource& source, std::string_view name) {
  BAYPLAN_ASSIGN(const Bucket images, images_of(source));
  BAYPLAN_ASSIGN(const auto entry, images.entry(name));
  if (!entry) return no_such_image(name);
  BAYPLAN_ASSIGN(const auto record, images.bucket(name));
  if (!record) return Error(Errc::corrupt, "image", name, "it is a plain value");
  return decode_image(name, *record);
}

Result<void> list(const BucketSource& source, const std::function<Result<void>(const Image&)>& visit,
                  const metadata::ListProblem& problem) {
  BAYPLAN_ASSIGN(const Bucket images, images_of(source));
  BAYPLAN_ASSIGN(const auto everything, metadata::Filter::parse({}));
  BAYPLAN_ASSIGN(const auto filter, everything.bind({}));
  const auto record = [&](std::string_view name, const Bucket& bucket) -> Result<void> {
    BAYPLAN_ASSIGN(const Image image, decode_image(name, bucket));
    return visit(image);
  };
  BAYPLAN_TRY(metadata::list(images, filter, {}, {record, problem}));
  return {};
}

Result<void> remove(WriteTx& tx, std::string_view name) {
  BAYPLAN_ASSIGN(MutableBucket images, open_images(tx));
  BAYPLAN_ASSIGN(const auto entry, images.entry(name));
  if (!entry) return no_such_image(name);
  return entry->is_bucket ? images.delete_bucket(name) : images.erase(name);
}

}  // namespace bayplan::images::flat
