// Writing buckets: bbolt's cases under bbolt's names, and what bbolt gets wrong.
#include <limits>

#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class BucketTest : public StoreTest {};

TEST_F(BucketTest, Get_FromNode) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "bar").value();
    EXPECT_EQ(bucket.get("foo").value(), "bar");
  });
}

TEST_F(BucketTest, Put_Repeat) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "bar").value();
    bucket.put("foo", "baz").value();
    EXPECT_EQ(bucket.get("foo").value(), "baz");
  });
  EXPECT_EQ(value("widgets", "foo"), "baz");
}

TEST_F(BucketTest, Put_Large) {
  constexpr std::size_t kCount = 100;
  constexpr std::size_t kFactor = 200;
  update([&](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    for (std::size_t i = 1; i < kCount; ++i) {
      bucket.put(std::string(i * kFactor, '0'), std::string((kCount - i) * kFactor, 'X')).value();
    }
  });
  view([&](const ReadTx& tx) {
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

TEST_F(BucketTest, Put_VeryLarge) {
  for (int batch = 0; batch < 2; ++batch) {
    update([&](WriteTx& tx) {
      auto bucket = tx.create_bucket_if_not_exists("widgets").value();
      for (int i = 0; i < 20000; ++i) bucket.put(std::to_string(batch * 20000 + i), "value").value();
    });
  }
  view([](const ReadTx& tx) { EXPECT_EQ(keys_of(*tx.bucket("widgets").value()).size(), 40000u); });
}

TEST_F(BucketTest, Put_IncompatibleValue) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.create_bucket("foo").value();
    EXPECT_EQ(code(bucket.put("foo", "bar")), Errc::failed_precondition);
    EXPECT_TRUE(bucket.bucket("foo").value().has_value());
  });
}

TEST_F(BucketTest, Put_EmptyKey) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.set_sequence(7).value();  // lives under the empty key
    EXPECT_EQ(code(bucket.put("", "bar")), Errc::invalid_argument);
    EXPECT_EQ(code(bucket.create_bucket("")), Errc::invalid_argument);
    EXPECT_FALSE(bucket.get("").value().has_value());
    EXPECT_TRUE(bucket.erase(""));
    EXPECT_EQ(code(bucket.delete_bucket("")), Errc::not_found);
    EXPECT_EQ(bucket.sequence().value(), 7u);
  });
}

TEST_F(BucketTest, Put_KeyTooLarge) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    EXPECT_TRUE(bucket.put(std::string(32768, 'k'), "bar"));
    EXPECT_EQ(code(bucket.put(std::string(32769, 'k'), "bar")), Errc::too_large);
    EXPECT_FALSE(bucket.get(std::string(32769, 'k')).value().has_value());
  });
}

TEST_F(BucketTest, Put_ValueTooLarge) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    const char one = 'x';
    // Refused by its size alone, before anything is read.
    const std::string_view huge(&one, std::size_t{1} << 31);
    EXPECT_EQ(code(bucket.put("foo", huge)), Errc::too_large);
    EXPECT_TRUE(keys_of(bucket).empty());
  });
}

TEST_F(BucketTest, Put_EmptyValueIsAValue) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", {}).value();
    EXPECT_EQ(bucket.get("foo").value(), "");
    EXPECT_FALSE(bucket.entry("foo").value()->is_bucket);
  });
  EXPECT_EQ(value("widgets", "foo"), "");
}

TEST_F(BucketTest, Put_CopiesTheValue) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    std::string bytes = "before";
    bucket.put("foo", bytes).value();
    bytes = "AFTER!";
    EXPECT_EQ(bucket.get("foo").value(), "before");
  });
  EXPECT_EQ(value("widgets", "foo"), "before");
}

TEST_F(BucketTest, Put_IntoTheRootIsRefused) {
  update([](WriteTx& tx) {
    auto root = tx.root();
    EXPECT_EQ(code(root.put("foo", "bar")), Errc::failed_precondition);
  });
}

TEST_F(BucketTest, Delete) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "bar").value();
    bucket.erase("foo").value();
    EXPECT_FALSE(bucket.get("foo").value().has_value());
  });
}

TEST_F(BucketTest, Delete_Large) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    for (int i = 0; i < 100; ++i) bucket.put(std::to_string(i), std::string(1024, '*')).value();
  });
  update([](WriteTx& tx) {
    auto bucket = *tx.bucket("widgets").value();
    for (int i = 0; i < 100; ++i) bucket.erase(std::to_string(i)).value();
  });
  view([](const ReadTx& tx) { EXPECT_TRUE(keys_of(*tx.bucket("widgets").value()).empty()); });
}

TEST_F(BucketTest, Delete_NonExisting) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.create_bucket("nested").value();
    EXPECT_TRUE(bucket.erase("foo"));
    EXPECT_TRUE(bucket.bucket("nested").value().has_value());
  });
}

TEST_F(BucketTest, Delete_Bucket) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.create_bucket("foo").value();
    EXPECT_EQ(code(bucket.erase("foo")), Errc::failed_precondition);
  });
}

TEST_F(BucketTest, Nested) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.create_bucket("foo").value();
    bucket.put("bar", "0000").value();
  });
  update([](WriteTx& tx) { tx.bucket("widgets").value()->put("bar", "xxxx").value(); });
  update([](WriteTx& tx) {
    auto bucket = *tx.bucket("widgets").value();
    for (int i = 0; i < 10000; ++i) bucket.put(std::to_string(i), std::to_string(i)).value();
  });
  update(
      [](WriteTx& tx) { tx.bucket("widgets").value()->bucket("foo").value()->put("baz", "yyyy").value(); });
  reopen();
  view([](const ReadTx& tx) {
    const auto bucket = *tx.bucket("widgets").value();
    EXPECT_EQ(bucket.bucket("foo").value()->get("baz").value(), "yyyy");
    EXPECT_EQ(bucket.get("bar").value(), "xxxx");
    EXPECT_EQ(bucket.get("9999").value(), "9999");
  });
}

TEST_F(BucketTest, DeleteBucket_Nested) {
  update([](WriteTx& tx) {
    auto widgets = tx.create_bucket("widgets").value();
    auto bar = widgets.create_bucket("foo").value().create_bucket("bar").value();
    bar.put("baz", "bat").value();
    tx.delete_bucket("widgets").value();
    EXPECT_FALSE(tx.bucket("widgets").value().has_value());
  });
}

TEST_F(BucketTest, DeleteBucket_Nested2) {
  update([](WriteTx& tx) {
    auto widgets = tx.create_bucket("widgets").value();
    auto foo = widgets.create_bucket("foo").value();
    foo.create_bucket("bar").value().put("baz", "bat").value();
    tx.create_bucket("other").value().put("kept", "yes").value();
  });
  update([](WriteTx& tx) { tx.delete_bucket("widgets").value(); });
  view([](const ReadTx& tx) { EXPECT_FALSE(tx.bucket("widgets").value().has_value()); });
  EXPECT_EQ(value("other", "kept"), "yes");
}

TEST_F(BucketTest, DeleteBucket_Large) {
  update([](WriteTx& tx) {
    auto foo = tx.create_bucket("widgets").value().create_bucket("foo").value();
    for (int i = 0; i < 1000; ++i) foo.put(std::to_string(i), std::to_string(i)).value();
  });
  update([](WriteTx& tx) { tx.delete_bucket("widgets").value(); });
  EXPECT_EQ(db().stats().value().rows, 0u);
}

TEST_F(BucketTest, DeleteBucket_NotFound) {
  update([](WriteTx& tx) { EXPECT_EQ(code(tx.delete_bucket("widgets")), Errc::not_found); });
}

TEST_F(BucketTest, DeleteBucket_IncompatibleValue) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "bar").value();
    EXPECT_EQ(code(bucket.delete_bucket("foo")), Errc::failed_precondition);
    EXPECT_EQ(bucket.get("foo").value(), "bar");
  });
}

TEST_F(BucketTest, CreateBucket_IncompatibleValue) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "bar").value();
    EXPECT_EQ(code(bucket.create_bucket("foo")), Errc::failed_precondition);
    EXPECT_EQ(code(bucket.create_bucket_if_not_exists("foo")), Errc::failed_precondition);
  });
}

TEST_F(BucketTest, CreateBucket_Exists) {
  update([](WriteTx& tx) {
    tx.create_bucket("widgets").value().put("foo", "bar").value();
    EXPECT_EQ(code(tx.create_bucket("widgets")), Errc::already_exists);
    EXPECT_EQ(tx.create_bucket_if_not_exists("widgets").value().get("foo").value(), "bar");
  });
}

TEST_F(BucketTest, RecreatedBucketIsEmpty) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "bar").value();
    bucket.set_sequence(9).value();
  });
  update([](WriteTx& tx) {
    tx.delete_bucket("widgets").value();
    auto bucket = tx.create_bucket("widgets").value();
    EXPECT_FALSE(bucket.get("foo").value().has_value());
    EXPECT_EQ(bucket.sequence().value(), 0u);
  });
}

TEST_F(BucketTest, HandleOfADeletedBucketIsClosed) {
  update([](WriteTx& tx) {
    auto widgets = tx.create_bucket("widgets").value();
    auto inner = widgets.create_bucket("inner").value();
    const auto cursor = inner.cursor().value();
    tx.delete_bucket("widgets").value();
    for (MutableBucket* stale : {&widgets, &inner}) {
      EXPECT_EQ(code(stale->put("foo", "bar")), Errc::closed);
      EXPECT_EQ(code(stale->get("foo")), Errc::closed);
      EXPECT_EQ(code(stale->create_bucket("foo")), Errc::closed);
      EXPECT_EQ(code(stale->next_sequence()), Errc::closed);
      EXPECT_EQ(code(stale->cursor()), Errc::closed);
    }
    EXPECT_EQ(code(cursor->first()), Errc::closed);
    tx.create_bucket("widgets").value();
    EXPECT_EQ(code(widgets.get("foo")), Errc::closed) << "a new bucket of the same name is another bucket";
  });
}

TEST_F(BucketTest, NextSequence) {
  update([](WriteTx& tx) {
    auto widgets = tx.create_bucket("widgets").value();
    auto woojits = tx.create_bucket("woojits").value();
    EXPECT_EQ(widgets.next_sequence().value(), 1u);
    EXPECT_EQ(widgets.next_sequence().value(), 2u);
    EXPECT_EQ(woojits.next_sequence().value(), 1u);
    EXPECT_TRUE(keys_of(widgets).empty());
  });
}

TEST_F(BucketTest, NextSequence_Persist) {
  update([](WriteTx& tx) { tx.create_bucket("widgets").value(); });
  update([](WriteTx& tx) { tx.bucket("widgets").value()->next_sequence().value(); });
  update([](WriteTx& tx) { EXPECT_EQ(tx.bucket("widgets").value()->next_sequence().value(), 2u); });
}

TEST_F(BucketTest, NextSequence_DoesNotWrap) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.set_sequence(std::numeric_limits<std::uint64_t>::max()).value();
    EXPECT_EQ(code(bucket.next_sequence()), Errc::too_large);
    EXPECT_EQ(bucket.sequence().value(), std::numeric_limits<std::uint64_t>::max());
  });
}

TEST_F(BucketTest, Revision_IsOfTheCommitThatChangedTheRow) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("old", "1").value();
    bucket.put("new", "1").value();
    bucket.put("large", std::string(600, 'v')).value();  // keys of a small bucket share one row
  });
  std::uint64_t second = 0;
  update([&](WriteTx& tx) {
    second = tx.revision();
    tx.bucket("widgets").value()->put("new", "2").value();
  });
  view([&](const ReadTx& tx) {
    const auto bucket = *tx.bucket("widgets").value();
    EXPECT_EQ(tx.revision(), second);
    EXPECT_EQ(bucket.entry("new").value()->revision, second);
    EXPECT_LT(bucket.entry("old").value()->revision, second);
  });
}

TEST_F(BucketTest, PutIf_RefusesWhatSomebodyElseChanged) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put_if("k", "1", 0).value();
    bucket.create_bucket("b").value();
  });
  update([](WriteTx& tx) {
    auto bucket = *tx.bucket("widgets").value();
    const std::uint64_t revision = bucket.entry("k").value()->revision;
    EXPECT_EQ(code(bucket.put_if("k", "2", 0)), Errc::conflict);
    EXPECT_EQ(code(bucket.put_if("absent", "2", revision)), Errc::conflict);
    EXPECT_EQ(code(bucket.put_if("b", "2", revision)), Errc::failed_precondition);
    bucket.put_if("k", "2", revision).value();
    EXPECT_EQ(code(bucket.put_if("k", "3", revision)), Errc::conflict) << "this transaction changed it";
    EXPECT_EQ(bucket.get("k").value(), "2");
  });
}

TEST_F(BucketTest, ValuesStayValidThroughTheTransaction) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "bar").value();
    const std::string_view early = *bucket.get("foo").value();
    for (int i = 0; i < 2000; ++i) bucket.put("key" + std::to_string(i), std::string(100, 'z')).value();
    bucket.erase("foo").value();
    EXPECT_EQ(early, "bar");
  });
}

}  // namespace
}  // namespace bayplan::metadata
