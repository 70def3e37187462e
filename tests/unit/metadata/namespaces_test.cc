#include "bayplan/metadata/namespaces.h"

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class Namespaces : public StoreTest {};

TEST_F(Namespaces, names_are_identifiers) {
  EXPECT_TRUE(validate_namespace("default"));
  EXPECT_TRUE(validate_namespace("k8s.io"));
  for (const char* bad : {"", "version", "a/b", ".hidden", "with space"}) {
    EXPECT_EQ(code(validate_namespace(bad)), Errc::invalid_argument) << bad;
  }
}

TEST_F(Namespaces, come_into_being_with_their_first_record) {
  view([](const ReadTx& tx) { EXPECT_TRUE(list_namespaces(tx).value().empty()); });
  update([](WriteTx& tx) {
    create_namespace_bucket(tx, "zeta", {"images", "busybox"}).value().put("k", "v").value();
    create_namespace_bucket(tx, "alpha", {}).value();
  });
  view([](const ReadTx& tx) {
    EXPECT_EQ(list_namespaces(tx).value(), (std::vector<std::string>{"alpha", "zeta"}));
    EXPECT_EQ(namespace_bucket(tx, "zeta", {"images", "busybox"}).value()->get("k").value(), "v");
    EXPECT_FALSE(namespace_bucket(tx, "alpha", {"images"}).value().has_value());
    EXPECT_FALSE(namespace_bucket(tx, "none", {}).value().has_value());
    const auto version = tx.bucket(schema::kRoot).value()->get(schema::kVersion).value();
    EXPECT_EQ(codec::decode_varint(*version).value(), schema::kSchemaVersion);
  });
}

TEST_F(Namespaces, open_changes_what_exists_and_creates_nothing) {
  update([](WriteTx& tx) {
    EXPECT_FALSE(open_namespace_bucket(tx, "default", {}).value().has_value());
    create_namespace_bucket(tx, "default", {"images"}).value();
    EXPECT_FALSE(open_namespace_bucket(tx, "default", {"content", "blob"}).value().has_value());
    open_namespace_bucket(tx, "default", {"images"}).value()->put("k", "v").value();
    EXPECT_EQ(code(create_namespace_bucket(tx, "version", {})), Errc::invalid_argument);
  });
}

}  // namespace
}  // namespace bayplan::metadata
