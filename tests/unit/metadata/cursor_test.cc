// bbolt's cursor cases, long keys, and cursors that meet writes.
#include <algorithm>
#include <set>

#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class Cursor : public StoreTest {
 protected:
  static std::string padded(int number) {
    const std::string digits = std::to_string(number);
    return std::string(4 - digits.size(), '0') + digits;
  }
  void fill(int count) {
    update([&](WriteTx& tx) {
      auto bucket = tx.create_bucket_if_not_exists("widgets").value();
      for (int i = 0; i < count; ++i) bucket.put(padded(i), "v").value();
    });
  }
  template <class F>
  void with_cursor(F body) {
    view([&](const ReadTx& tx) { body(*tx.bucket("widgets").value()->cursor().value()); });
  }
};

TEST_F(Cursor, EmptyBucket) {
  fill(0);
  with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.next()), "-") << "never positioned";
    EXPECT_EQ(key_of(cursor.prev()), "-");
    EXPECT_EQ(key_of(cursor.first()), "-");
    EXPECT_EQ(key_of(cursor.next()), "-");
    EXPECT_EQ(key_of(cursor.last()), "-");
    EXPECT_EQ(key_of(cursor.prev()), "-");
    EXPECT_EQ(key_of(cursor.seek("x")), "-");
  });
}

TEST_F(Cursor, RepeatOperations) {
  fill(1000);
  with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.first()), "0000");
    for (int i = 1; i < 1000; ++i) ASSERT_EQ(key_of(cursor.next()), padded(i));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(key_of(cursor.next()), "-");
    for (int i = 998; i >= 0; --i) ASSERT_EQ(key_of(cursor.prev()), padded(i));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(key_of(cursor.prev()), "-");
    EXPECT_EQ(key_of(cursor.next()), "0001");
  });
}

TEST_F(Cursor, RepeatOperations_WithASequence) {
  fill(2);
  update([](WriteTx& tx) { tx.bucket("widgets").value()->next_sequence().value(); });
  with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.first()), "0000");
    EXPECT_EQ(key_of(cursor.prev()), "-");
    EXPECT_EQ(key_of(cursor.prev()), "-");
    EXPECT_EQ(key_of(cursor.next()), "0001");
  });
}

TEST_F(Cursor, Seek) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "0001").value();
    bucket.put("bar", "0002").value();
    bucket.put("baz", "0003").value();
    bucket.create_bucket("bkt").value();
  });
  with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.seek("bar")), "bar");
    EXPECT_EQ(key_of(cursor.seek("bas")), "baz");
    EXPECT_EQ(key_of(cursor.seek("")), "bar");
    const auto bucket = cursor.seek("bkt").value();
    EXPECT_TRUE(bucket->is_bucket);
    EXPECT_EQ(bucket->value, "");
    EXPECT_EQ(key_of(cursor.seek("zzz")), "-");
    EXPECT_EQ(key_of(cursor.next()), "-");
    EXPECT_EQ(key_of(cursor.prev()), "foo");
  });
}

TEST_F(Cursor, Seek_Large) {
  fill(0);
  update([](WriteTx& tx) {
    auto bucket = *tx.bucket("widgets").value();
    for (int i = 0; i < 10000; i += 2) bucket.put(padded(i), "v").value();
  });
  with_cursor([](BucketCursor& cursor) {
    for (int i = 0; i < 9998; ++i) ASSERT_EQ(key_of(cursor.seek(padded(i))), padded(i + i % 2));
    EXPECT_EQ(key_of(cursor.seek(padded(9999))), "-");
  });
}

TEST_F(Cursor, Restart) {
  fill(2);
  with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.first()), "0000");
    EXPECT_EQ(key_of(cursor.next()), "0001");
    EXPECT_EQ(key_of(cursor.first()), "0000");
    EXPECT_EQ(key_of(cursor.next()), "0001");
  });
}

TEST_F(Cursor, StaysInsideItsBucket) {
  update([](WriteTx& tx) {
    for (const char* name : {"before", "widgets", "zbehind"}) {
      auto bucket = tx.create_bucket(name).value();
      bucket.put("a", name).value();
      bucket.put("b", name).value();
    }
  });
  with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(cursor.first().value()->value, "widgets");
    EXPECT_EQ(key_of(cursor.next()), "b");
    EXPECT_EQ(key_of(cursor.next()), "-");
    EXPECT_EQ(key_of(cursor.last()), "b");
    EXPECT_EQ(key_of(cursor.prev()), "a");
    EXPECT_EQ(key_of(cursor.prev()), "-");
  });
}

TEST_F(Cursor, First_EmptyPages) {
  fill(1000);
  update([](WriteTx& tx) {
    auto bucket = *tx.bucket("widgets").value();
    for (int i = 0; i < 600; ++i) bucket.erase(padded(i)).value();
    const auto cursor = bucket.cursor().value();
    EXPECT_EQ(key_of(cursor->first()), padded(600));
  });
}

TEST_F(Cursor, Last_EmptyPages) {
  fill(1000);
  update([](WriteTx& tx) {
    auto bucket = *tx.bucket("widgets").value();
    for (int i = 200; i < 1000; ++i) bucket.erase(padded(i)).value();
    const auto cursor = bucket.cursor().value();
    EXPECT_EQ(key_of(cursor->last()), padded(199));
  });
}

// bbolt removes 5 of 10 here.
TEST_F(Cursor, DeletingWhileIteratingVisitsEveryKey) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    for (int i = 0; i < 1000; ++i) bucket.put(padded(i), "v").value();
    const auto cursor = bucket.cursor().value();
    int visited = 0;
    for (auto entry = cursor->first().value(); entry; entry = cursor->next().value(), ++visited) {
      EXPECT_EQ(entry->key, padded(visited));
      bucket.erase(entry->key).value();
    }
    EXPECT_EQ(visited, 1000);
    EXPECT_TRUE(keys_of(bucket).empty());
  });
}

TEST_F(Cursor, MeetsKeysThatWereWrittenAheadOfIt) {
  fill(10);
  update([](WriteTx& tx) {
    auto bucket = *tx.bucket("widgets").value();
    const auto cursor = bucket.cursor().value();
    EXPECT_EQ(key_of(cursor->seek("0005")), "0005");
    bucket.put("00055", "new").value();
    bucket.put("00045", "new").value();
    bucket.erase("0006").value();
    EXPECT_EQ(key_of(cursor->next()), "00055");
    EXPECT_EQ(key_of(cursor->next()), "0007");
    bucket.erase("0007").value();
    EXPECT_EQ(key_of(cursor->prev()), "00055");
    EXPECT_EQ(key_of(cursor->prev()), "0005");
    EXPECT_EQ(key_of(cursor->prev()), "00045");
  });
}

TEST_F(Cursor, SurvivesASavepoint) {
  fill(10);
  update([](WriteTx& tx) {
    auto bucket = *tx.bucket("widgets").value();
    const auto cursor = bucket.cursor().value();
    EXPECT_EQ(key_of(cursor->seek("0003")), "0003");
    const auto inner_write = [&](bool undo) {
      return tx.savepoint([&](WriteTx& inner) -> Result<void> {
        EXPECT_EQ(code(cursor->next()), Errc::closed) << "the outer transaction is not usable meanwhile";
        inner.bucket("widgets").value()->erase("0004").value();
        if (undo) return Error(Errc::cancelled, "test", {});
        return {};
      });
    };
    EXPECT_FALSE(inner_write(true));
    EXPECT_EQ(key_of(cursor->next()), "0004");
    EXPECT_EQ(key_of(cursor->prev()), "0003");
    EXPECT_TRUE(inner_write(false));
    EXPECT_EQ(key_of(cursor->next()), "0005");
  });
}

TEST_F(Cursor, LongKeysKeepByteOrder) {
  std::set<std::string> expected;
  for (const std::size_t size : {1u, 501u, 502u, 503u, 504u, 1003u, 1004u, 1005u, 1506u, 32768u}) {
    for (const char last : {'\0', 'a', 'k', '\xff'}) {
      std::string key(size, 'k');
      key.back() = last;
      expected.insert(std::move(key));
    }
  }
  expected.insert(std::string(502, 'k') + std::string(3, '\0'));
  update([&](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    for (const std::string& key : expected) bucket.put(key, std::to_string(key.size())).value();
  });
  view([&](const ReadTx& tx) {
    const auto bucket = *tx.bucket("widgets").value();
    EXPECT_TRUE(std::ranges::equal(keys_of(bucket), expected));
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

TEST_F(Cursor, ErasedLongKeysLeaveNothingBehind) {
  const std::string stem(3000, 'k');
  update([&](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put(stem + "a", "1").value();
    bucket.put(stem + "b", "2").value();
    bucket.erase(stem + "a").value();
    EXPECT_EQ(keys_of(bucket), std::vector<std::string>{stem + "b"});
    bucket.erase(stem + "b").value();
    EXPECT_TRUE(keys_of(bucket).empty());
  });
  EXPECT_EQ(db().stats().value().rows, 1u) << "the bucket's own";
}

}  // namespace
}  // namespace bayplan::metadata
