// Writing values: bbolt's cases and what bbolt gets wrong.
#include "contract.h"

namespace bayplan::metadata {

TYPED_TEST(BucketContract, Bucket_Put) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    EXPECT_EQ(bucket.get("foo").value(), "bar");
  });
  EXPECT_EQ(this->committed("foo"), "bar");
}

TYPED_TEST(BucketContract, Bucket_Put_Repeat) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    bucket.put("foo", "baz").value();
    EXPECT_EQ(bucket.get("foo").value(), "baz");
  });
  EXPECT_EQ(this->committed("foo"), "baz");
}

// Keys of up to 19,800 bytes, each a prefix of the next.
TYPED_TEST(BucketContract, Bucket_Put_Large) {
  constexpr std::size_t kCount = 100;
  constexpr std::size_t kFactor = 200;
  this->in_widgets([&](auto& bucket) {
    for (std::size_t i = 1; i < kCount; ++i) {
      bucket.put(std::string(i * kFactor, '0'), std::string((kCount - i) * kFactor, 'X')).value();
    }
  });
  this->view([&](const auto& tx) {
    const auto bucket = *tx.bucket("widgets").value();
    std::size_t i = 1;
    for (const std::string& key : keys_of(bucket)) {
      EXPECT_EQ(key, std::string(i * kFactor, '0'));
      EXPECT_EQ(bucket.get(key).value(), std::string((kCount - i) * kFactor, 'X'));
      ++i;
    }
    EXPECT_EQ(i, kCount);
  });
}

// bbolt's 2 x 200,000 in a tenth of the size; keys of 64 bits, shuffled as there by their byte order.
TYPED_TEST(BucketContract, DB_Put_VeryLarge) {
  constexpr std::size_t kBatch = 20000;
  for (std::size_t batch = 0; batch < 2; ++batch) {
    this->in_widgets([&](auto& bucket) {
      for (std::size_t i = 0; i < kBatch; ++i) bucket.put(std::to_string(batch * kBatch + i), {}).value();
    });
  }
  this->view([](const auto& tx) { EXPECT_EQ(keys_of(*tx.bucket("widgets").value()).size(), 2 * kBatch); });
}

TYPED_TEST(BucketContract, Bucket_Put_IncompatibleValue) {
  this->in_widgets([](auto& bucket) {
    bucket.create_bucket("foo").value();
    EXPECT_EQ(code(bucket.put("foo", "bar")), Errc::failed_precondition);
    EXPECT_TRUE(bucket.bucket("foo").value().has_value());
  });
}

TYPED_TEST(BucketContract, Bucket_Put_Closed) {
  this->update([](auto& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    const auto closed = [&](auto&) -> Result<void> {
      EXPECT_EQ(code(bucket.put("foo", "bar")), Errc::closed);
      return {};
    };
    EXPECT_TRUE(tx.savepoint(closed));
    EXPECT_FALSE(bucket.get("foo").value().has_value());
    tx.delete_bucket("widgets").value();
    EXPECT_EQ(code(bucket.put("foo", "bar")), Errc::closed);
  });
}

TYPED_TEST(BucketContract, Bucket_Put_EmptyKey) {
  this->in_widgets([](auto& bucket) {
    bucket.set_sequence(7).value();
    EXPECT_EQ(code(bucket.put("", "bar")), Errc::invalid_argument);
    EXPECT_EQ(code(bucket.put({}, "bar")), Errc::invalid_argument);
    EXPECT_EQ(code(bucket.create_bucket("")), Errc::invalid_argument);
    EXPECT_EQ(code(bucket.create_bucket_if_not_exists("")), Errc::invalid_argument);
    EXPECT_TRUE(bucket.erase(""));
    EXPECT_EQ(code(bucket.delete_bucket("")), Errc::not_found);
    EXPECT_EQ(bucket.sequence().value(), 7u);
    EXPECT_EQ(listing(bucket), "");
  });
}

TYPED_TEST(BucketContract, Bucket_Put_KeyTooLarge) {
  const std::string longest(32768, 'k');
  this->in_widgets([&](auto& bucket) {
    EXPECT_TRUE(bucket.put(longest, "bar"));
    EXPECT_EQ(code(bucket.put(longest + 'k', "bar")), Errc::too_large);
    EXPECT_EQ(code(bucket.create_bucket(longest + 'k')), Errc::too_large);
    EXPECT_FALSE(bucket.get(longest + 'k').value().has_value());
  });
  EXPECT_EQ(this->committed(longest), "bar");
}

TYPED_TEST(BucketContract, Bucket_Put_ValueTooLarge) {
  this->in_widgets([](auto& bucket) {
    const char one = 'x';
    // Refused by its size alone, before anything is read.
    const std::string_view huge(&one, std::size_t{1} << 31);
    EXPECT_EQ(code(bucket.put("foo", huge)), Errc::too_large);
    EXPECT_EQ(listing(bucket), "");
  });
}

// bbolt: absent within the transaction, a bucket to ForEach, an empty value after the commit.
TYPED_TEST(BucketContract, Bucket_Put_EmptyValueIsAValue) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", {}).value();
    EXPECT_EQ(bucket.get("foo").value(), "");
    EXPECT_FALSE(bucket.entry("foo").value()->is_bucket);
    EXPECT_EQ(listing(bucket), "foo= ");
  });
  EXPECT_EQ(this->committed("foo"), "");
}

// bbolt keeps the caller's slice until the commit (its failpoint case Issue72 is the same about keys).
TYPED_TEST(BucketContract, Bucket_Put_CopiesKeyAndValue) {
  this->in_widgets([](auto& bucket) {
    std::string key = "foo";
    std::string bytes = "before";
    bucket.put(key, bytes).value();
    key = "bar";
    bytes = "AFTER!";
    EXPECT_EQ(bucket.get("foo").value(), "before");
  });
  EXPECT_EQ(this->committed("foo"), "before");
  EXPECT_FALSE(this->committed("bar").has_value());
}

// What is put may be what was read.
TYPED_TEST(BucketContract, Bucket_Put_OwnViews) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", std::string(600, 'f')).value();
    bucket.put("bar", "small").value();
    bucket.put("foo", *bucket.get("bar").value()).value();
    const auto cursor = bucket.cursor().value();
    const auto entry = cursor->first().value();
    bucket.put(entry->key, entry->key).value();
    EXPECT_EQ(listing(bucket), "bar=bar foo=small ");
  });
}

TYPED_TEST(BucketContract, Bucket_Put_IntoTheRootIsRefused) {
  this->update([](auto& tx) {
    auto root = tx.root();
    EXPECT_EQ(code(root.put("foo", "bar")), Errc::failed_precondition);
  });
}

TYPED_TEST(BucketContract, Bucket_CreateBucket_IncompatibleValue) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    EXPECT_EQ(code(bucket.create_bucket("foo")), Errc::failed_precondition);
    EXPECT_EQ(code(bucket.create_bucket_if_not_exists("foo")), Errc::failed_precondition);
    EXPECT_EQ(bucket.get("foo").value(), "bar");
  });
}

TYPED_TEST(BucketContract, Bucket_Sequence) {
  this->in_widgets([](auto& bucket) {
    EXPECT_EQ(bucket.sequence().value(), 0u);
    bucket.set_sequence(1000).value();
    EXPECT_EQ(bucket.sequence().value(), 1000u);
  });
  this->view([](const auto& tx) { EXPECT_EQ(tx.bucket("widgets").value()->sequence().value(), 1000u); });
}

TYPED_TEST(BucketContract, Bucket_NextSequence) {
  this->update([](auto& tx) {
    auto widgets = tx.create_bucket("widgets").value();
    auto woojits = tx.create_bucket("woojits").value();
    EXPECT_EQ(widgets.next_sequence().value(), 1u);
    EXPECT_EQ(widgets.next_sequence().value(), 2u);
    EXPECT_EQ(woojits.next_sequence().value(), 1u);
    EXPECT_EQ(listing(widgets), "");
  });
}

TYPED_TEST(BucketContract, Bucket_NextSequence_Persist) {
  this->in_widgets([](auto&) {});
  this->in_widgets([](auto& bucket) { EXPECT_EQ(bucket.next_sequence().value(), 1u); });
  this->reopen();
  this->in_widgets([](auto& bucket) { EXPECT_EQ(bucket.next_sequence().value(), 2u); });
}

TYPED_TEST(BucketContract, Bucket_NextSequence_Closed) {
  this->update([](auto& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    const auto closed = [&](auto&) -> Result<void> {
      EXPECT_EQ(code(bucket.next_sequence()), Errc::closed);
      EXPECT_EQ(code(bucket.set_sequence(9)), Errc::closed);
      EXPECT_EQ(code(bucket.sequence()), Errc::closed);
      return {};
    };
    EXPECT_TRUE(tx.savepoint(closed));
    EXPECT_EQ(bucket.sequence().value(), 0u);
  });
}

// bbolt's counter goes from 2^64-1 to 0.
TYPED_TEST(BucketContract, Bucket_NextSequence_DoesNotWrap) {
  this->in_widgets([](auto& bucket) {
    const std::uint64_t last = ~std::uint64_t{0};
    bucket.set_sequence(last).value();
    EXPECT_EQ(code(bucket.next_sequence()), Errc::too_large);
    EXPECT_EQ(bucket.sequence().value(), last);
  });
}

}  // namespace bayplan::metadata
