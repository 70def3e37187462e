#include "bucket_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace bayplan::metadata {
namespace {

TEST(BucketCache, a_bucket_is_known_by_parent_and_key) {
  BucketCache cache;
  cache.start(7);
  cache.add(1, "images", 20);
  EXPECT_EQ(cache.find(1, "images"), 20u);
  EXPECT_EQ(cache.find(2, "images"), 0u);
  EXPECT_EQ(cache.find(1, "image"), 0u);
  EXPECT_EQ(cache.find(1, ""), 0u);
}

TEST(BucketCache, the_next_transaction_knows_what_another_found_in_its_snapshot) {
  BucketCache cache;
  cache.start(7);
  cache.add(1, "images", 20);
  cache.start(7);
  EXPECT_EQ(cache.find(1, "images"), 20u);
}

TEST(BucketCache, nothing_is_known_of_another_snapshot) {
  BucketCache cache;
  cache.start(7);
  cache.add(1, "images", 20);
  cache.start(8);
  EXPECT_EQ(cache.find(1, "images"), 0u);
  cache.start(7);
  EXPECT_EQ(cache.find(1, "images"), 0u) << "not even back in the first one";
}

TEST(BucketCache, a_snapshot_without_a_number_is_never_taken_for_another) {
  BucketCache cache;
  cache.start(0);
  cache.add(1, "images", 20);
  EXPECT_EQ(cache.find(1, "images"), 20u);
  cache.start(0);
  EXPECT_EQ(cache.find(1, "images"), 0u);
  cache.add(1, "images", 20);
  cache.start(7);
  EXPECT_EQ(cache.find(1, "images"), 0u);
}

TEST(BucketCache, the_oldest_makes_room) {
  BucketCache cache;
  cache.start(7);
  for (std::uint64_t n = 1; n <= 9; ++n) cache.add(n, "objects", 100 + n);
  EXPECT_EQ(cache.find(1, "objects"), 0u);
  for (std::uint64_t n = 2; n <= 9; ++n) EXPECT_EQ(cache.find(n, "objects"), 100 + n);
}

TEST(BucketCache, a_long_key_is_not_kept) {
  BucketCache cache;
  cache.start(7);
  cache.add(1, std::string(80, 'k'), 20);
  cache.add(1, std::string(81, 'k'), 21);
  EXPECT_EQ(cache.find(1, std::string(80, 'k')), 20u);
  EXPECT_EQ(cache.find(1, std::string(81, 'k')), 0u);
}

TEST(BucketCache, keys_are_copies) {
  BucketCache cache;
  cache.start(7);
  std::string key = "images";
  cache.add(1, key, 20);
  key.assign("leases");
  EXPECT_EQ(cache.find(1, "images"), 20u);
  EXPECT_EQ(cache.find(1, "leases"), 0u);
}

}  // namespace
}  // namespace bayplan::metadata
