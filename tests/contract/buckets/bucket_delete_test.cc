// Removing values and buckets.
#include "contract.h"

namespace bayplan::metadata {

TYPED_TEST(BucketContract, Bucket_Delete) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    bucket.erase("foo").value();
    EXPECT_FALSE(bucket.get("foo").value().has_value());
  });
  EXPECT_FALSE(this->committed("foo").has_value());
}

TYPED_TEST(BucketContract, Bucket_Delete_Large) {
  this->in_widgets([](auto& bucket) {
    for (int i = 0; i < 100; ++i) bucket.put(std::to_string(i), std::string(1024, '*')).value();
  });
  this->in_widgets([](auto& bucket) {
    for (int i = 0; i < 100; ++i) bucket.erase(std::to_string(i)).value();
  });
  this->view([](const auto& tx) { EXPECT_TRUE(keys_of(*tx.bucket("widgets").value()).empty()); });
}

// bbolt's 8192 x 1000 scaled down; what it looks for, a free list that outgrows its page, comes with it.
TYPED_TEST(BucketContract, Bucket_Delete_FreelistOverflow) {
  constexpr std::size_t kBatches = 40;
  constexpr std::size_t kBatch = 1000;
  for (std::size_t batch = 0; batch < kBatches; ++batch) {
    this->in_widgets([&](auto& bucket) {
      for (std::size_t i = 0; i < kBatch; ++i) bucket.put(padded(i * kBatches + batch, 16), {}).value();
    });
  }
  this->in_widgets([](auto& bucket) {
    const auto cursor = bucket.cursor().value();
    std::size_t deleted = 0;
    for (auto entry = cursor->first().value(); entry; entry = cursor->next().value(), ++deleted) {
      bucket.erase(entry->key).value();
    }
    EXPECT_EQ(deleted, kBatches * kBatch);
  });
  this->reopen();
  this->view([](const auto& tx) { EXPECT_TRUE(keys_of(*tx.bucket("widgets").value()).empty()); });
}

TYPED_TEST(BucketContract, Bucket_Delete_NonExisting) {
  this->in_widgets([](auto& bucket) {
    bucket.create_bucket("nested").value();
    EXPECT_TRUE(bucket.erase("foo"));
    EXPECT_TRUE(bucket.erase(std::string(40000, 'k')));
    EXPECT_TRUE(bucket.bucket("nested").value().has_value());
  });
}

TYPED_TEST(BucketContract, Bucket_Delete_Bucket) {
  this->in_widgets([](auto& bucket) {
    bucket.create_bucket("foo").value();
    EXPECT_EQ(code(bucket.erase("foo")), Errc::failed_precondition);
    EXPECT_TRUE(bucket.bucket("foo").value().has_value());
  });
}

TYPED_TEST(BucketContract, Bucket_Delete_Closed) {
  this->update([](auto& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "bar").value();
    const auto closed = [&](auto&) -> Result<void> {
      EXPECT_EQ(code(bucket.erase("foo")), Errc::closed);
      EXPECT_EQ(code(bucket.delete_bucket("foo")), Errc::closed);
      return {};
    };
    EXPECT_TRUE(tx.savepoint(closed));
    EXPECT_EQ(bucket.get("foo").value(), "bar");
  });
}

TYPED_TEST(BucketContract, Bucket_Nested) {
  this->in_widgets([](auto& bucket) {
    bucket.create_bucket("foo").value();
    bucket.put("bar", "0000").value();
  });
  this->in_widgets([](auto& bucket) { bucket.put("bar", "xxxx").value(); });
  this->in_widgets([](auto& bucket) {
    for (int i = 0; i < 10000; ++i) bucket.put(std::to_string(i), std::to_string(i)).value();
  });
  this->in_widgets([](auto& bucket) { bucket.bucket("foo").value()->put("baz", "yyyy").value(); });
  this->reopen();
  this->view([](const auto& tx) {
    const auto bucket = *tx.bucket("widgets").value();
    EXPECT_EQ(bucket.bucket("foo").value()->get("baz").value(), "yyyy");
    EXPECT_EQ(bucket.get("bar").value(), "xxxx");
    for (int i = 0; i < 10000; ++i) ASSERT_EQ(bucket.get(std::to_string(i)).value(), std::to_string(i));
  });
}

TYPED_TEST(BucketContract, Bucket_DeleteBucket_Nested) {
  this->update([](auto& tx) {
    auto widgets = tx.create_bucket("widgets").value();
    auto foo = widgets.create_bucket("foo").value();
    foo.create_bucket("bar").value().put("baz", "bat").value();
    widgets.delete_bucket("foo").value();
    EXPECT_FALSE(widgets.bucket("foo").value().has_value());
    tx.delete_bucket("widgets").value();
    EXPECT_FALSE(tx.bucket("widgets").value().has_value());
  });
  EXPECT_EQ(this->top_level(), "");
}

TYPED_TEST(BucketContract, Bucket_DeleteBucket_Nested2) {
  this->update([](auto& tx) {
    auto foo = tx.create_bucket("widgets").value().create_bucket("foo").value();
    foo.create_bucket("bar").value().put("baz", "bat").value();
    tx.create_bucket("other").value().put("kept", "yes").value();
  });
  this->update([](auto& tx) {
    auto widgets = *tx.bucket("widgets").value();
    EXPECT_EQ(widgets.bucket("foo").value()->bucket("bar").value()->get("baz").value(), "bat");
    tx.delete_bucket("widgets").value();
  });
  this->view([](const auto& tx) {
    EXPECT_FALSE(tx.bucket("widgets").value().has_value());
    EXPECT_EQ(tx.bucket("other").value()->get("kept").value(), "yes");
  });
}

// The store's check at the end of the test is the "no leaked pages" of bbolt's.
TYPED_TEST(BucketContract, Bucket_DeleteBucket_Large) {
  this->in_widgets([](auto& bucket) {
    auto foo = bucket.create_bucket("foo").value();
    for (int i = 0; i < 1000; ++i)
      foo.put(std::to_string(i), padded(static_cast<std::size_t>(i), 100)).value();
  });
  this->update([](auto& tx) { tx.delete_bucket("widgets").value(); });
  EXPECT_EQ(this->top_level(), "");
}

TYPED_TEST(BucketContract, Bucket_DeleteBucket_IncompatibleValue) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    EXPECT_EQ(code(bucket.delete_bucket("foo")), Errc::failed_precondition);
    EXPECT_EQ(bucket.get("foo").value(), "bar");
  });
}

// bbolt panics.
TYPED_TEST(BucketContract, Bucket_DeleteBucket_ClosesHandles) {
  this->update([](auto& tx) {
    auto widgets = tx.create_bucket("widgets").value();
    auto inner = widgets.create_bucket("inner").value();
    auto innermost = inner.create_bucket("innermost").value();
    const auto cursor = innermost.cursor().value();
    tx.delete_bucket("widgets").value();
    for (auto* stale : {&widgets, &inner, &innermost}) {
      EXPECT_EQ(code(stale->put("foo", "bar")), Errc::closed);
      EXPECT_EQ(code(stale->get("foo")), Errc::closed);
      EXPECT_EQ(code(stale->erase("foo")), Errc::closed);
      EXPECT_EQ(code(stale->create_bucket("foo")), Errc::closed);
      EXPECT_EQ(code(stale->bucket("foo")), Errc::closed);
      EXPECT_EQ(code(stale->next_sequence()), Errc::closed);
      EXPECT_EQ(code(stale->cursor()), Errc::closed);
    }
    EXPECT_EQ(code(cursor->first()), Errc::closed);
    tx.create_bucket("widgets").value().create_bucket("inner").value();
    EXPECT_EQ(code(widgets.get("foo")), Errc::closed) << "a new bucket of the same name is another bucket";
    EXPECT_EQ(code(inner.put("foo", "bar")), Errc::closed);
  });
}

}  // namespace bayplan::metadata
