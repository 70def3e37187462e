#include "open_buckets.h"

#include <gtest/gtest.h>

namespace bayplan::metadata {
namespace {

TEST(OpenBuckets, a_bucket_is_found_where_it_is) {
  OpenBuckets buckets;
  const auto a = buckets.add(kRootBucketId, "a", 7);
  const auto b = buckets.add(a, "b", 0);
  EXPECT_EQ(buckets.find(kRootBucketId, "a"), a);
  EXPECT_EQ(buckets.find(a, "b"), b);
  EXPECT_EQ(buckets.find(b, "a"), 0u);
  EXPECT_TRUE(buckets.is_inside(b, a));
  EXPECT_TRUE(buckets.is_inside(b, kRootBucketId));
  EXPECT_FALSE(buckets.is_inside(a, b));
}

TEST(OpenBuckets, what_lies_in_a_deleted_bucket_is_gone) {
  OpenBuckets buckets;
  const auto a = buckets.add(kRootBucketId, "a", 7);
  const auto b = buckets.add(a, "b", 0);
  buckets.erase(a);
  EXPECT_TRUE(buckets.is_gone(b));
  EXPECT_EQ(buckets.find(kRootBucketId, "a"), 0u);
  const auto again = buckets.add(kRootBucketId, "a", 8);
  EXPECT_NE(again, a);
  EXPECT_FALSE(buckets.is_gone(again));
  EXPECT_TRUE(buckets.is_gone(b)) << "it is of the old one";
}

TEST(OpenBuckets, undo_goes_back_step_by_step) {
  OpenBuckets buckets;
  const auto a = buckets.add(kRootBucketId, "a", 0);
  const auto mark = buckets.mark();
  buckets.spill(a, 9);
  buckets.move(a, kRootBucketId, "b");
  const auto in_its_place = buckets.add(kRootBucketId, "a", 0);
  buckets.erase(a);
  buckets.undo(mark);
  EXPECT_EQ(buckets.find(kRootBucketId, "a"), a);
  EXPECT_EQ(buckets.find(kRootBucketId, "b"), 0u);
  EXPECT_EQ(buckets.at(a).rows_id, 0u);
  EXPECT_FALSE(buckets.is_gone(a));
  EXPECT_TRUE(buckets.is_gone(in_its_place));
}

}  // namespace
}  // namespace bayplan::metadata
