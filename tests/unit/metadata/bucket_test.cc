// What Bucket adds to its source; what buckets promise is tests/contract/buckets.
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class BucketReadTest : public StoreTest {};

TEST_F(BucketReadTest, require_says_what_is_absent) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    const auto absent = bucket.require("createdat");
    ASSERT_EQ(code(absent), Errc::corrupt);
    EXPECT_EQ(absent.error().name(), "createdat");
  });
}

TEST_F(BucketReadTest, descend_follows_a_path) {
  update([](WriteTx& tx) {
    tx.create_bucket("a").value().create_bucket("b").value().create_bucket("c").value().put("k", "v").value();
  });
  view([](const ReadTx& tx) {
    EXPECT_EQ(root_bucket(tx).descend({"a", "b", "c"}).value()->get("k").value(), "v");
    EXPECT_FALSE(root_bucket(tx).descend({"a", "x", "c"}).value().has_value());
    EXPECT_FALSE(root_bucket(tx).descend({"a", "b", "c", "k"}).value().has_value());
  });
}

}  // namespace
}  // namespace bayplan::metadata
