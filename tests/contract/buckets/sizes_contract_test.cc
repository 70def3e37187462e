// Long keys, and values around the sizes at which a store may change how it keeps them.
#include <set>

#include "contract.h"

namespace bayplan::metadata {

TYPED_TEST(BucketContract, Keys_LongKeepByteOrder) {
  std::set<std::string> expected;
  for (const std::size_t size :
       {1u, 501u, 502u, 503u, 504u, 511u, 512u, 1003u, 1004u, 1005u, 1506u, 32768u}) {
    for (const char last : {'\0', 'a', 'k', '\xff'}) {
      std::string key(size, 'k');
      key.back() = last;
      expected.insert(std::move(key));
    }
  }
  expected.insert(std::string(502, 'k') + std::string(3, '\0'));
  this->in_widgets([&](auto& bucket) {
    for (const std::string& key : expected) bucket.put(key, std::to_string(key.size())).value();
  });
  this->view([&](const auto& tx) {
    const auto bucket = *tx.bucket("widgets").value();
    const auto keys = keys_of(bucket);
    EXPECT_TRUE(std::equal(keys.begin(), keys.end(), expected.begin(), expected.end()));
    const auto cursor = bucket.cursor().value();
    auto entry = cursor->last().value();
    for (auto key = expected.rbegin(); key != expected.rend(); ++key, entry = cursor->prev().value()) {
      ASSERT_TRUE(entry.has_value());
      EXPECT_EQ(entry->key, *key);
      EXPECT_EQ(bucket.get(*key).value(), std::to_string(key->size()));
    }
    for (const std::string& key : expected) {
      EXPECT_EQ(key_of(cursor->seek(key)), key);
      const auto next = expected.upper_bound(key + std::string(1, '\0'));
      EXPECT_EQ(key_of(cursor->seek(key + std::string(2, '\0'))), next == expected.end() ? "-" : *next);
    }
  });
}

// Every length from 503 to 600 and then in steps up to the longest; each key is a prefix of the next.
TYPED_TEST(BucketContract, Keys_503To32768) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 503; size < 600; ++size) sizes.push_back(size);
  for (std::size_t size = 600; size < 32768; size += 1009) sizes.push_back(size);
  sizes.push_back(32768);
  this->in_widgets([&](auto& bucket) {
    for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) {
      bucket.put(std::string(*size, 'k'), std::to_string(*size)).value();
    }
  });
  this->in_widgets([&](auto& bucket) {
    const auto cursor = bucket.cursor().value();
    auto entry = cursor->first().value();
    for (const std::size_t size : sizes) {
      ASSERT_TRUE(entry.has_value());
      ASSERT_EQ(entry->key.size(), size);
      ASSERT_EQ(entry->value, std::to_string(size));
      bucket.erase(entry->key).value();
      entry = cursor->next().value();
    }
    EXPECT_FALSE(entry.has_value());
    EXPECT_EQ(listing(bucket), "");
  });
}

TYPED_TEST(BucketContract, Keys_LongInsideSmallBuckets) {
  this->in_widgets([](auto& bucket) {
    auto small = bucket.create_bucket("small").value();
    for (const std::size_t size : {1u, 200u, 255u, 256u, 400u, 502u, 503u, 600u, 2000u, 32768u}) {
      small.put(std::string(size, 'k'), "v").value();
      small.create_bucket(std::string(size, 'l')).value().put("in", "side").value();
    }
  });
  this->reopen();
  this->view([](const auto& tx) {
    const auto small = *tx.bucket("widgets").value()->bucket("small").value();
    EXPECT_EQ(keys_of(small).size(), 20u);
    EXPECT_EQ(small.get(std::string(503, 'k')).value(), "v");
    EXPECT_EQ(small.bucket(std::string(32768, 'l')).value()->get("in").value(), "side");
  });
}

TYPED_TEST(BucketContract, Values_AroundTheInlineLimit) {
  this->in_widgets([](auto& bucket) {
    for (std::size_t size = 500; size <= 530; ++size) {
      auto sub = bucket.create_bucket(padded(size)).value();
      sub.put("a", "before").value();
      sub.put("k", std::string(size, 'v')).value();
      sub.put("z", "behind").value();
      EXPECT_EQ(sub.get("k").value(), std::string(size, 'v'));
    }
  });
  this->reopen();
  this->in_widgets([](auto& bucket) {
    for (std::size_t size = 500; size <= 530; ++size) {
      auto sub = *bucket.bucket(padded(size)).value();
      EXPECT_EQ(listing(sub), "a=before k=" + std::string(size, 'v') + " z=behind ");
      sub.put("k", std::string(1030 - size, 'w')).value();
      EXPECT_EQ(sub.get("k").value()->size(), 1030 - size);
    }
  });
}

// Values that move between small and large at the same key, across commits and in one transaction.
TYPED_TEST(BucketContract, Values_ChangeSizeInPlace) {
  constexpr std::size_t kSizes[] = {0, 1, 511, 512, 513, 0, 1000, 20000, 5, 2038, 2039, 4096, 1 << 20, 3};
  this->in_widgets([](auto& bucket) { bucket.create_bucket("sub").value().put("other", "1").value(); });
  for (const std::size_t size : kSizes) {
    this->in_widgets(
        [&](auto& bucket) { bucket.bucket("sub").value()->put("k", std::string(size, 't')).value(); });
    this->view([&](const auto& tx) {
      const auto sub = *tx.bucket("widgets").value()->bucket("sub").value();
      ASSERT_EQ(sub.get("k").value(), std::string(size, 't'));
      ASSERT_EQ(sub.get("other").value(), "1");
    });
  }
  this->in_widgets([&](auto& bucket) {
    auto sub = *bucket.bucket("sub").value();
    for (const std::size_t size : kSizes) {
      sub.put("k", std::string(size, 's')).value();
      ASSERT_EQ(sub.get("k").value(), std::string(size, 's'));
    }
  });
}

}  // namespace bayplan::metadata
