#include "migrations.h"

#include <array>

#include "bayplan/base/digest.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::metadata {
namespace {

using namespace schema;

Error corrupt(std::string_view kind, std::string_view name, std::string_view why) {
  return {Errc::corrupt, kind, name, why};
}

// Schema 0 is told by the version that v1 lacks, so nothing that could be of another schema is moved.
Result<void> check_flat_root(const Bucket& root) {
  return root.for_each([](const Entry& entry) -> Result<void> {
    if (entry.key == kImages && entry.is_bucket) return {};
    return corrupt("key", entry.key, "a store without a version holds v1/images only");
  });
}

Result<void> check_flat_image(const Bucket& record) {
  for (const std::string_view key : {kCreatedAt, kUpdatedAt, kTarget, kLabels, kAnnotations}) {
    BAYPLAN_ASSIGN(const auto taken, record.entry(key));
    if (taken) return corrupt("key", key, "schema 0 has no such key");
  }
  BAYPLAN_ASSIGN(const std::string_view digest, record.require(kDigest));
  if (!Digest::parse(digest)) return corrupt("key", kDigest, "it is no digest");
  BAYPLAN_TRY(record.require(kMediaType));
  BAYPLAN_ASSIGN(const std::string_view size, record.require(kSize));
  BAYPLAN_TRY(codec::decode_size(size).with_context("key", kSize));
  return {};
}

Result<void> migrate_flat_image(MutableBucket& image, const codec::Times& times) {
  BAYPLAN_TRY(check_flat_image(image));
  BAYPLAN_ASSIGN(MutableBucket target, image.create_bucket(kTarget));
  for (const std::string_view key : {kDigest, kMediaType, kSize}) {
    BAYPLAN_ASSIGN(const std::string_view value, image.require(key));
    BAYPLAN_TRY(target.put(key, value));
    BAYPLAN_TRY(image.erase(key));
  }
  return codec::write_times(image, times);
}

Result<void> migrate_flat_images(MutableBucket& images) {
  const Time when = bayplan::now();
  return images.for_each([&](const Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(auto image, images.bucket(entry.key));
    if (!image) return corrupt("image", entry.key, "it is a plain value");
    return migrate_flat_image(*image, {when, when}).with_context("image", entry.key);
  });
}

// v1/images/<name>/{digest, mediatype, size} to namespace "default". The bucket is moved whole, with whatever
// else is in it.
Result<void> from_flat_images(WriteTx& tx) {
  BAYPLAN_ASSIGN(auto root, tx.bucket(kRoot));
  BAYPLAN_TRY(check_flat_root(*root));
  BAYPLAN_TRY(root->put(kVersion, codec::encode_varint(kSchemaVersion)));
  BAYPLAN_ASSIGN(const auto flat, root->bucket(kImages));
  if (!flat) return {};
  BAYPLAN_ASSIGN(MutableBucket ns, root->create_bucket(kDefaultNamespace));
  BAYPLAN_TRY(root->move_bucket(kImages, ns, kImages));
  BAYPLAN_ASSIGN(auto images, ns.bucket(kImages));
  return migrate_flat_images(*images);
}

struct Migration {
  int from;
  Result<void> (*run)(WriteTx& tx);  // to the next one's `from`, or to today's schema
};
constexpr std::array kMigrations = {Migration{0, from_flat_images}};

}  // namespace

Result<int> schema_version(const BucketSource& source) {
  BAYPLAN_ASSIGN(const auto root, root_bucket(source).bucket(kRoot));
  if (!root) return kSchemaVersion;
  BAYPLAN_ASSIGN(const auto bytes, root->get(kVersion));
  if (!bytes) return 0;
  BAYPLAN_ASSIGN(const std::int64_t version, codec::decode_varint(*bytes));
  if (version == kSchemaVersion) return kSchemaVersion;
  return Error(Errc::version_mismatch, "schema", std::to_string(version),
               "this library handles schema " + std::to_string(kSchemaVersion))
      .with_advice("use a newer release");
}

Result<void> migrate(WriteTx& tx) {
  BAYPLAN_ASSIGN(const int version, schema_version(tx));
  for (const Migration& migration : kMigrations) {
    if (migration.from >= version && version < kSchemaVersion) BAYPLAN_TRY(migration.run(tx));
  }
  return {};
}

}  // namespace bayplan::metadata
