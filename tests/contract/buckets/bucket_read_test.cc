// Reading buckets and walking them with for_each.
#include "contract.h"

namespace bayplan::metadata {

TYPED_TEST(BucketContract, Bucket_Get_NonExistent) {
  this->in_widgets([](auto& bucket) { EXPECT_FALSE(bucket.get("foo").value().has_value()); });
}

TYPED_TEST(BucketContract, Bucket_Get_FromNode) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    EXPECT_EQ(bucket.get("foo").value(), "bar");
  });
}

TYPED_TEST(BucketContract, Bucket_Get_IncompatibleValue) {
  this->in_widgets([](auto& bucket) {
    bucket.create_bucket("foo").value();
    EXPECT_FALSE(bucket.get("foo").value().has_value());
    EXPECT_TRUE(bucket.entry("foo").value()->is_bucket);
  });
}

TYPED_TEST(BucketContract, Bucket_Bucket_IncompatibleValue) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    EXPECT_FALSE(bucket.bucket("foo").value().has_value());
  });
}

TYPED_TEST(BucketContract, Bucket_Get_EmptyAndOverlongKeys) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    for (const std::string& key : {std::string(), std::string(32769, 'k'), std::string(100000, 'k')}) {
      EXPECT_FALSE(bucket.get(key).value().has_value());
      EXPECT_FALSE(bucket.bucket(key).value().has_value());
      EXPECT_FALSE(bucket.entry(key).value().has_value());
    }
  });
}

TYPED_TEST(BucketContract, Bucket_ForEach) {
  const std::string expected = "bar=0002 baz=0001 csubbucket/ foo=0000 ";
  this->in_widgets([&](auto& bucket) {
    bucket.put("foo", "0000").value();
    bucket.put("baz", "0001").value();
    bucket.put("bar", "0002").value();
    bucket.create_bucket("csubbucket").value();
    EXPECT_EQ(listing(bucket), expected);
  });
  this->view([&](const auto& tx) { EXPECT_EQ(listing(*tx.bucket("widgets").value()), expected); });
}

TYPED_TEST(BucketContract, Bucket_ForEachBucket) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "0000").value();
    bucket.create_bucket("zsub").value().put("name", "z").value();
    bucket.create_bucket("asub").value().put("name", "a").value();
    std::string names;
    bucket
        .for_each_bucket([&](std::string_view key, const Bucket& sub) -> Result<void> {
          names.append(key).append(*sub.get("name").value());
          return {};
        })
        .value();
    EXPECT_EQ(names, "asubazsubz");
  });
}

TYPED_TEST(BucketContract, Bucket_ForEachBucket_NoBuckets) {
  this->in_widgets([](auto& bucket) {
    for (const char* key : {"bar", "baz", "foo"}) bucket.put(key, "0000").value();
    const auto never = [](std::string_view, const Bucket&) -> Result<void> { return cancelled(); };
    EXPECT_TRUE(bucket.for_each_bucket(never));
  });
}

TYPED_TEST(BucketContract, Bucket_ForEach_ShortCircuit) {
  this->in_widgets([](auto& bucket) {
    for (const char* key : {"bar", "baz", "foo"}) bucket.put(key, "0000").value();
    int calls = 0;
    const auto stopped = bucket.for_each([&](const Entry& entry) -> Result<void> {
      ++calls;
      if (entry.key == "baz") return cancelled();
      return {};
    });
    EXPECT_EQ(code(stopped), Errc::cancelled);
    EXPECT_EQ(calls, 2);
  });
}

// A bucket is closed while a savepoint inside its transaction is open, and for good once it was deleted; a
// transaction that ended cannot be named any more.
TYPED_TEST(BucketContract, Bucket_ForEach_Closed) {
  this->update([](auto& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    const auto visit = [](const Entry&) -> Result<void> { return {}; };
    const auto closed = [&](auto&) -> Result<void> {
      EXPECT_EQ(code(bucket.for_each(visit)), Errc::closed);
      return {};
    };
    EXPECT_TRUE(tx.savepoint(closed));
    tx.delete_bucket("widgets").value();
    EXPECT_EQ(code(bucket.for_each(visit)), Errc::closed);
  });
}

TYPED_TEST(BucketContract, Bucket_Views_LastUntilTheTransactionEnds) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    bucket.create_bucket("small").value().put("inner", "small").value();
    const std::string_view early = *bucket.get("foo").value();
    const std::string_view nested = *bucket.bucket("small").value()->get("inner").value();
    for (std::size_t i = 0; i < 2000; ++i) bucket.put(padded(i), std::string(100, 'z')).value();
    bucket.erase("foo").value();
    bucket.delete_bucket("small").value();
    EXPECT_EQ(early, "bar");
    EXPECT_EQ(nested, "small");
  });
}

}  // namespace bayplan::metadata
