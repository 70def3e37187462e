// bbolt's quick checks: random sets of keys and values, of a seed that a failure prints.
#include <map>

#include "contract.h"
#include "random.h"

namespace bayplan::metadata {
namespace {

using Items = std::map<std::string, std::string>;

Items random_items(Random& random, std::size_t count, std::size_t key_bytes, std::size_t value_bytes) {
  Items items;
  while (items.size() < count) {
    items[random.bytes(random.between(1, key_bytes))] = random.bytes(random.below(value_bytes + 1));
  }
  return items;
}

void expect_items(const Bucket& bucket, const Items& items) {
  auto expected = items.begin();
  bucket
      .for_each([&](const Entry& entry) -> Result<void> {
        EXPECT_NE(expected, items.end());
        if (expected == items.end()) return cancelled();
        EXPECT_EQ(entry.key, expected->first);
        EXPECT_EQ(entry.value, expected->second);
        ++expected;
        return {};
      })
      .value();
  EXPECT_EQ(expected, items.end());
  for (const auto& [key, bytes] : items) EXPECT_EQ(bucket.get(key).value(), bytes);
}

}  // namespace

TYPED_TEST(BucketContract, Bucket_Put_Single) {
  const std::size_t seed = test_seed();
  SCOPED_TRACE(replay_with(seed));
  Random random(seed);
  Items stored;
  this->in_widgets([](auto&) {});
  for (const auto& item : random_items(random, 60, 600, 700)) {
    this->in_widgets([&](auto& bucket) { bucket.put(item.first, item.second).value(); });
    stored.insert(item);
    this->view([&](const auto& tx) { expect_items(*tx.bucket("widgets").value(), stored); });
  }
}

TYPED_TEST(BucketContract, Bucket_Put_Multiple) {
  const std::size_t seed = test_seed();
  SCOPED_TRACE(replay_with(seed));
  Random random(seed);
  const Items items = random_items(random, 1000, 1500, 2000);
  this->in_widgets([&](auto& bucket) {
    for (const auto& [key, bytes] : items) bucket.put(key, bytes).value();
  });
  this->view([&](const auto& tx) { expect_items(*tx.bucket("widgets").value(), items); });
}

TYPED_TEST(BucketContract, Bucket_Delete_Quick) {
  const std::size_t seed = test_seed();
  SCOPED_TRACE(replay_with(seed));
  Random random(seed);
  Items items = random_items(random, 200, 1100, 600);
  this->in_widgets([&](auto& bucket) {
    for (const auto& [key, bytes] : items) bucket.put(key, bytes).value();
  });
  while (!items.empty()) {
    const auto gone = std::next(items.begin(), static_cast<std::ptrdiff_t>(random.below(items.size())));
    this->in_widgets([&](auto& bucket) { bucket.erase(gone->first).value(); });
    items.erase(gone);
    if (items.size() % 20 == 0) {
      this->view([&](const auto& tx) { expect_items(*tx.bucket("widgets").value(), items); });
    }
  }
}

TYPED_TEST(BucketContract, Cursor_QuickCheck) {
  const std::size_t seed = test_seed();
  SCOPED_TRACE(replay_with(seed));
  Random random(seed);
  const Items items = random_items(random, 500, 1200, 300);
  this->in_widgets([&](auto& bucket) {
    for (const auto& [key, bytes] : items) bucket.put(key, bytes).value();
  });
  this->with_cursor([&](BucketCursor& cursor) {
    auto entry = cursor.first().value();
    for (const auto& [key, bytes] : items) {
      ASSERT_TRUE(entry.has_value());
      EXPECT_EQ(entry->key, key);
      EXPECT_EQ(entry->value, bytes);
      entry = cursor.next().value();
    }
    EXPECT_FALSE(entry.has_value());
  });
}

TYPED_TEST(BucketContract, Cursor_QuickCheck_Reverse) {
  const std::size_t seed = test_seed();
  SCOPED_TRACE(replay_with(seed));
  Random random(seed);
  const Items items = random_items(random, 500, 1200, 300);
  this->in_widgets([&](auto& bucket) {
    for (const auto& [key, bytes] : items) bucket.put(key, bytes).value();
  });
  this->with_cursor([&](BucketCursor& cursor) {
    auto entry = cursor.last().value();
    for (auto item = items.rbegin(); item != items.rend(); ++item, entry = cursor.prev().value()) {
      ASSERT_TRUE(entry.has_value());
      EXPECT_EQ(entry->key, item->first);
      EXPECT_EQ(entry->value, item->second);
    }
    EXPECT_FALSE(entry.has_value());
  });
}

TYPED_TEST(BucketContract, Cursor_QuickCheck_BucketsOnly) {
  this->in_widgets([](auto& bucket) {
    for (const char* name : {"foo", "bar", "baz"}) bucket.create_bucket(name).value();
  });
  this->with_cursor([](BucketCursor& cursor) {
    std::string seen;
    for (auto entry = cursor.first().value(); entry; entry = cursor.next().value()) {
      EXPECT_TRUE(entry->is_bucket);
      EXPECT_EQ(entry->value, "");
      seen.append(entry->key).append(" ");
    }
    EXPECT_EQ(seen, "bar baz foo ");
  });
}

TYPED_TEST(BucketContract, Cursor_QuickCheck_BucketsOnly_Reverse) {
  this->in_widgets([](auto& bucket) {
    for (const char* name : {"foo", "bar", "baz"}) bucket.create_bucket(name).value();
  });
  this->with_cursor([](BucketCursor& cursor) {
    std::string seen;
    for (auto entry = cursor.last().value(); entry; entry = cursor.prev().value()) {
      EXPECT_TRUE(entry->is_bucket);
      seen.append(entry->key).append(" ");
    }
    EXPECT_EQ(seen, "foo baz bar ");
  });
}

}  // namespace bayplan::metadata
