// A move between stores; what move_bucket promises within one is tests/contract/buckets.
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class MoveBucket : public StoreTest {};

TEST_F(MoveBucket, Tx_MoveBucket_DiffDB) {
  const test::TempDir other_dir;
  const auto other = Db::open(other_dir.path() / "metadata").value();
  update([&](WriteTx& tx) {
    auto root = tx.root();
    tx.create_bucket("a").value();
    other
        .update([&](WriteTx& other_tx) -> Result<void> {
          auto target = other_tx.create_bucket("b").value();
          EXPECT_EQ(code(root.move_bucket("a", target, "x")), Errc::invalid_argument);
          return {};
        })
        .value();
  });
}

}  // namespace
}  // namespace bayplan::metadata
