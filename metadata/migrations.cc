#include "migrations.h"

#include <array>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::metadata {
namespace {

using namespace schema;

Result<void> migrate_flat_image(const Bucket& flat, MutableBucket& image, const codec::Times& times) {
  BAYPLAN_TRY(codec::write_times(image, times));
  BAYPLAN_ASSIGN(MutableBucket target, image.create_bucket(kTarget));
  for (const std::string_view key : {kDigest, kMediaType, kSize}) {
    BAYPLAN_ASSIGN(const std::string_view value, flat.require(key));
    BAYPLAN_TRY(target.put(key, value));
  }
  BAYPLAN_ASSIGN(const std::string_view size, flat.require(kSize));
  BAYPLAN_ASSIGN([[maybe_unused]] const std::uint64_t checked, codec::decode_size(size));
  return {};
}

// v1/images/<name>/{digest, mediatype, size} to namespace "default"; that schema had no other records, no
// namespaces and no times.
Result<void> from_flat_images(WriteTx& tx) {
  BAYPLAN_ASSIGN(auto root, tx.bucket(kRoot));
  BAYPLAN_ASSIGN(const auto flat, root->bucket(kImages));
  const Time when = bayplan::now();
  BAYPLAN_TRY(root->put(kVersion, codec::encode_varint(kSchemaVersion)));
  if (!flat) return {};
  // The old bucket has the name that a namespace "images" would have.
  BAYPLAN_ASSIGN(MutableBucket ns, root->create_bucket(kDefaultNamespace));
  BAYPLAN_ASSIGN(MutableBucket images, ns.create_bucket(kImages));
  BAYPLAN_TRY(flat->for_each([&](const Entry& entry) -> Result<void> {
    auto migrated = [&]() -> Result<void> {
      BAYPLAN_ASSIGN(const auto old, flat->Bucket::bucket(entry.key));
      if (!old) return Error(Errc::corrupt, "record", {}, "a value where a record is expected");
      BAYPLAN_ASSIGN(MutableBucket image, images.create_bucket(entry.key));
      return migrate_flat_image(*old, image, {when, when});
    }();
    return migrated ? std::move(migrated) : std::move(migrated).with_context("image", entry.key);
  }));
  return root->delete_bucket(kImages);
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
  if (version == 0 || version == kSchemaVersion) return static_cast<int>(version);
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
