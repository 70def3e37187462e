#include "migrations.h"

#include <functional>

#include "bayplan/base/file.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/digest.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "bayplan/metadata/store_root.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

constexpr std::string_view kSomeDigest =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

class Migrations : public StoreTest {
 protected:
  void plant(WriteTx& tx, std::string_view name, std::string_view size) {
    auto v1 = tx.create_bucket_if_not_exists("v1").value();
    auto image = v1.create_bucket_if_not_exists("images").value().create_bucket(name).value();
    image.put("digest", kSomeDigest).value();
    image.put("mediatype", "application/vnd.oci.image.manifest.v1+json").value();
    image.put("size", size).value();
    image.put("something else", "skipped").value();
  }
};

TEST_F(Migrations, an_empty_store_is_up_to_date) {
  view([](const ReadTx& tx) { EXPECT_EQ(schema_version(tx).value(), schema::kSchemaVersion); });
  update([](WriteTx& tx) { migrate(tx).value(); });
}

TEST_F(Migrations, S60_flat_images_move_to_the_default_namespace) {
  update([&](WriteTx& tx) {
    plant(tx, "docker.io/library/redis:7", codec::encode_varint(1234));
    plant(tx, "default", codec::encode_varint(1));
  });
  view([](const ReadTx& tx) { EXPECT_EQ(schema_version(tx).value(), 0); });
  update([](WriteTx& tx) { migrate(tx).value(); });
  view([](const ReadTx& tx) {
    EXPECT_EQ(schema_version(tx).value(), schema::kSchemaVersion);
    EXPECT_EQ(keys_of(*tx.bucket("v1").value()), (std::vector<std::string>{"default", "version"}));
    const auto images = *tx.bucket("v1").value()->descend({"default", "images"}).value();
    EXPECT_EQ(keys_of(images), (std::vector<std::string>{"default", "docker.io/library/redis:7"}));
    const auto image = *images.bucket("docker.io/library/redis:7").value();
    EXPECT_TRUE(codec::read_times(image));
    const auto target = *image.bucket("target").value();
    EXPECT_EQ(target.get("digest").value(), kSomeDigest);
    EXPECT_EQ(codec::decode_size(*target.get("size").value()).value(), 1234u);
    EXPECT_EQ(keys_of(target).size(), 3u);
    EXPECT_EQ(keys_of(image),
              (std::vector<std::string>{"createdat", "something else", "target", "updatedat"}))
        << "what is unknown is kept";
  });
  update([](WriteTx& tx) { migrate(tx).value(); });
}

TEST_F(Migrations, S67_a_malformed_record_is_named_and_nothing_is_changed) {
  update([&](WriteTx& tx) {
    plant(tx, "good", codec::encode_varint(1234));
    plant(tx, "malformed", "\xff\xff");
  });
  const auto migrated = db().update([](WriteTx& tx) { return migrate(tx); });
  EXPECT_EQ(code(migrated), Errc::corrupt);
  EXPECT_NE(migrated.error().to_string().find("malformed"), std::string::npos)
      << migrated.error().to_string();
  view([](const ReadTx& tx) { EXPECT_EQ(schema_version(tx).value(), 0); });
}

TEST_F(Migrations, S67_nothing_is_lost_to_damage) {
  const std::function<void(MutableBucket&)> damages[] = {
      [](MutableBucket& images) { images.put("damaged", "a plain value").value(); },
      [](MutableBucket& images) { images.create_bucket("damaged").value(); },
      [&](MutableBucket& images) { images.bucket("good").value()->put("digest", "sha256:x").value(); },
      [&](MutableBucket& images) { images.bucket("good").value()->erase("mediatype").value(); },
      [&](MutableBucket& images) { images.bucket("good").value()->create_bucket("target").value(); },
      [&](MutableBucket& images) {
        images.bucket("good").value()->create_path({"labels", "x"}).value();
      },
      [&](MutableBucket& images) { images.bucket("good").value()->put("createdat", "today").value(); },
  };
  for (const auto& damage : damages) {
    update([&](WriteTx& tx) {
      plant(tx, "good", codec::encode_varint(1234));
      auto images = tx.root().descend({"v1", "images"}).value();
      damage(*images);
      const auto before = logical_digest(tx.root()).value();
      const auto migrated = tx.savepoint([](WriteTx& inner) { return migrate(inner); });
      EXPECT_EQ(code(migrated), Errc::corrupt);
      EXPECT_EQ(logical_digest(tx.root()).value(), before);
      tx.delete_bucket("v1").value();
    });
  }
}

// As containerd's did, before they had versions: v1/images is then a namespace, or it is not.
TEST_F(Migrations, namespaces_without_a_version_are_refused) {
  update([](WriteTx& tx) { tx.root().create_path({"v1", "images", "images", "a", "target"}).value(); });
  EXPECT_EQ(code(db().update([](WriteTx& tx) { return migrate(tx); })), Errc::corrupt);
  update([](WriteTx& tx) { tx.root().create_path({"v1", "default", "images"}).value(); });
  const auto migrated = db().update([](WriteTx& tx) { return migrate(tx); });
  EXPECT_EQ(code(migrated), Errc::corrupt);
  EXPECT_NE(migrated.error().to_string().find("default"), std::string::npos);
}

TEST_F(Migrations, a_namespace_called_images_is_none_of_schema_0) {
  update([](WriteTx& tx) { create_namespace(tx, "images", {{"k", "v"}}).value(); });
  view([](const ReadTx& tx) {
    EXPECT_EQ(schema_version(tx).value(), schema::kSchemaVersion);
    EXPECT_EQ(list_namespaces(tx).value(), std::vector<std::string>{"images"});
  });
  update([](WriteTx& tx) { migrate(tx).value(); });
  view([](const ReadTx& tx) { EXPECT_EQ(namespace_labels(tx, "images").value(), (Labels{{"k", "v"}})); });
}

// containerd's core/metadata/db_test.go
TEST_F(Migrations, TestInit) {
  update([](WriteTx& tx) { create_namespace(tx, "default").value(); });
  view([](const ReadTx& tx) {
    const auto version = tx.bucket("v1").value()->get("version").value();
    EXPECT_EQ(*version, std::string_view("\x08", 1)) << "4, containerd's dbVersion";
  });
}

TEST_F(Migrations, unknown_schemas_are_refused) {
  for (const int version : {0, 1, 3, schema::kSchemaVersion + 1}) {
    update([&](WriteTx& tx) {
      auto v1 = tx.create_bucket_if_not_exists("v1").value();
      v1.put("version", codec::encode_varint(version)).value();
    });
    view([](const ReadTx& tx) { EXPECT_EQ(code(schema_version(tx)), Errc::version_mismatch); });
  }
}

TEST(MigrationsAtOpen, a_store_is_brought_up_to_date_when_it_is_opened_for_writing) {
  const test::TempDir dir;
  {
    const auto store = open_store_root(dir.path() / "store").value();
    store.db
        .update([](WriteTx& tx) -> Result<void> {
          BAYPLAN_ASSIGN(auto v1, tx.create_bucket("v1"));
          BAYPLAN_ASSIGN(auto images, v1.create_bucket("images"));
          BAYPLAN_ASSIGN(auto image, images.create_bucket("name"));
          BAYPLAN_TRY(image.put("digest", kSomeDigest));
          BAYPLAN_TRY(image.put("mediatype", "text/plain"));
          return image.put("size", codec::encode_varint(5));
        })
        .value();
  }
  EXPECT_EQ(code(open_store_root(dir.path() / "store", {.read_only = true})), Errc::version_mismatch);
  const auto store = open_store_root(dir.path() / "store").value();
  const auto version = store.db.view([](const ReadTx& tx) { return schema_version(tx); });
  EXPECT_EQ(version.value(), schema::kSchemaVersion);
}

}  // namespace
}  // namespace bayplan::metadata
