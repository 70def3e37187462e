#include "bayplan/metadata/bucket_stats.h"

#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class BucketStatsTest : public StoreTest {};

TEST_F(BucketStatsTest, counts_a_subtree) {
  update([](WriteTx& tx) {
    auto top = tx.create_bucket("top").value();
    top.put("large", std::string(600, 'v')).value();
    auto record = top.create_bucket("record").value();
    record.put("ab", "cde").value();
    record.create_bucket("labels").value().put("k", "").value();
  });
  view([](const ReadTx& tx) {
    const auto stats = bucket_stats(*tx.bucket("top").value()).value();
    EXPECT_EQ(stats.buckets, 3u);
    EXPECT_EQ(stats.inline_buckets, 2u);
    EXPECT_EQ(stats.keys, 3u);
    EXPECT_EQ(stats.key_bytes, 5u + 6u + 2u + 6u + 1u);
    EXPECT_EQ(stats.value_bytes, 600u + 3u);
    EXPECT_EQ(stats.depth, 3u);
    const auto whole = bucket_stats(root_bucket(tx)).value();
    EXPECT_EQ(whole.buckets, 4u);
    EXPECT_EQ(whole.depth, 4u);
  });
}

TEST_F(BucketStatsTest, an_empty_bucket) {
  update([](WriteTx& tx) { tx.create_bucket("empty").value(); });
  view([](const ReadTx& tx) {
    const auto stats = bucket_stats(*tx.bucket("empty").value()).value();
    EXPECT_EQ(stats.buckets, 1u);
    EXPECT_EQ(stats.inline_buckets, 1u);
    EXPECT_EQ(stats.keys, 0u);
    EXPECT_EQ(stats.depth, 1u);
  });
}

}  // namespace
}  // namespace bayplan::metadata
