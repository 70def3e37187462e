// Rows behind cursors and long keys; what cursors promise is tests/contract/buckets.
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class Cursor : public StoreTest {};

TEST_F(Cursor, ErasedLongKeysLeaveNothingBehind) {
  const std::string stem(3000, 'k');
  update([&](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put(stem + "a", "1").value();
    bucket.put(stem + "b", "2").value();
    bucket.erase(stem + "a").value();
    EXPECT_EQ(keys_of(bucket), std::vector<std::string>{stem + "b"});
    bucket.erase(stem + "b").value();
    EXPECT_TRUE(keys_of(bucket).empty());
  });
  EXPECT_EQ(db().stats().value().rows, 1u) << "the bucket's own";
}

}  // namespace
}  // namespace bayplan::metadata
