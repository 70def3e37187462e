// Cursors: bbolt's cases, and cursors that meet writes.
#include "contract.h"

namespace bayplan::metadata {

TYPED_TEST(BucketContract, Cursor_RepeatOperations_NextPrevNext) {
  this->fill(1000);
  this->with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.first()), "0000");
    for (std::size_t i = 1; i < 1000; ++i) ASSERT_EQ(key_of(cursor.next()), padded(i));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(key_of(cursor.next()), "-");
    for (std::size_t i = 999; i-- > 0;) ASSERT_EQ(key_of(cursor.prev()), padded(i));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(key_of(cursor.prev()), "-");
    for (std::size_t i = 1; i < 1000; ++i) ASSERT_EQ(key_of(cursor.next()), padded(i));
  });
}

TYPED_TEST(BucketContract, Cursor_RepeatOperations_PrevNextPrev) {
  this->fill(1000);
  this->with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.last()), "0999");
    for (std::size_t i = 999; i-- > 0;) ASSERT_EQ(key_of(cursor.prev()), padded(i));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(key_of(cursor.prev()), "-");
    for (std::size_t i = 1; i < 1000; ++i) ASSERT_EQ(key_of(cursor.next()), padded(i));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(key_of(cursor.next()), "-");
    for (std::size_t i = 999; i-- > 0;) ASSERT_EQ(key_of(cursor.prev()), padded(i));
  });
}

TYPED_TEST(BucketContract, Cursor_RepeatOperations_WithASequence) {
  this->fill(2);
  this->in_widgets([](auto& bucket) { bucket.next_sequence().value(); });
  this->with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.first()), "0000");
    EXPECT_EQ(key_of(cursor.prev()), "-");
    EXPECT_EQ(key_of(cursor.prev()), "-");
    EXPECT_EQ(key_of(cursor.next()), "0001");
  });
}

TYPED_TEST(BucketContract, Cursor_Seek) {
  const auto expect_all = [](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.seek("bar")), "bar");
    EXPECT_EQ(key_of(cursor.seek("bas")), "baz");
    EXPECT_EQ(key_of(cursor.seek("")), "bar");
    const auto bucket = cursor.seek("bkt").value();
    ASSERT_TRUE(bucket.has_value());
    EXPECT_TRUE(bucket->is_bucket);
    EXPECT_EQ(bucket->value, "");
    EXPECT_EQ(key_of(cursor.seek("zzz")), "-");
    EXPECT_EQ(key_of(cursor.next()), "-");
    EXPECT_EQ(key_of(cursor.prev()), "foo");
  };
  this->in_widgets([&](auto& bucket) {
    bucket.put("foo", "0001").value();
    bucket.put("bar", "0002").value();
    bucket.put("baz", "0003").value();
    bucket.create_bucket("bkt").value();
    expect_all(*bucket.cursor().value());
  });
  this->with_cursor(expect_all);
}

// bbolt's Cursor.Delete is an erase of the key that the cursor answered.
TYPED_TEST(BucketContract, Cursor_Delete) {
  this->fill(1000);
  this->in_widgets([](auto& bucket) {
    bucket.create_bucket("sub").value();
    const auto cursor = bucket.cursor().value();
    const std::string bound = padded(500);
    for (auto entry = cursor->first().value(); entry && entry->key < bound; entry = cursor->next().value()) {
      bucket.erase(entry->key).value();
    }
    const auto sub = cursor->seek("sub").value();
    EXPECT_EQ(code(bucket.erase(sub->key)), Errc::failed_precondition);
  });
  this->view([](const auto& tx) { EXPECT_EQ(keys_of(*tx.bucket("widgets").value()).size(), 501u); });
}

TYPED_TEST(BucketContract, Cursor_Seek_Large) {
  this->in_widgets([](auto& bucket) {
    for (std::size_t i = 0; i < 10000; i += 2) bucket.put(padded(i), "v").value();
  });
  this->with_cursor([](BucketCursor& cursor) {
    for (std::size_t i = 0; i < 9999; ++i) ASSERT_EQ(key_of(cursor.seek(padded(i))), padded(i + i % 2));
    EXPECT_EQ(key_of(cursor.seek(padded(9999))), "-");
  });
}

TYPED_TEST(BucketContract, Cursor_EmptyBucket) {
  this->fill(0);
  this->with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.next()), "-") << "never positioned";
    EXPECT_EQ(key_of(cursor.first()), "-");
    EXPECT_EQ(key_of(cursor.next()), "-");
    EXPECT_EQ(key_of(cursor.seek("x")), "-");
  });
}

TYPED_TEST(BucketContract, Cursor_EmptyBucketReverse) {
  this->fill(0);
  this->with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.prev()), "-") << "never positioned";
    EXPECT_EQ(key_of(cursor.last()), "-");
    EXPECT_EQ(key_of(cursor.prev()), "-");
  });
}

TYPED_TEST(BucketContract, Cursor_NeverPositioned) {
  this->fill(3);
  this->with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.next()), "-");
    EXPECT_EQ(key_of(cursor.prev()), "-");
    EXPECT_EQ(key_of(cursor.next()), "-");
    EXPECT_EQ(key_of(cursor.first()), "0000");
  });
}

TYPED_TEST(BucketContract, Cursor_Iterate_Leaf) {
  this->in_widgets([](auto& bucket) {
    bucket.put("baz", "").value();
    bucket.put("foo", std::string(1, '\0')).value();
    bucket.put("bar", "1").value();
  });
  this->with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(cursor.first().value()->value, "1");
    EXPECT_EQ(key_of(cursor.next()), "baz");
    EXPECT_EQ(cursor.next().value()->value, std::string_view("\0", 1));
    EXPECT_EQ(key_of(cursor.next()), "-");
    EXPECT_EQ(key_of(cursor.next()), "-");
  });
}

TYPED_TEST(BucketContract, Cursor_LeafRootReverse) {
  this->in_widgets([](auto& bucket) {
    for (const char* key : {"baz", "foo", "bar"}) bucket.put(key, key).value();
  });
  this->with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.last()), "foo");
    EXPECT_EQ(key_of(cursor.prev()), "baz");
    EXPECT_EQ(key_of(cursor.prev()), "bar");
    EXPECT_EQ(key_of(cursor.prev()), "-");
    EXPECT_EQ(key_of(cursor.prev()), "-");
  });
}

TYPED_TEST(BucketContract, Cursor_Restart) {
  this->fill(2);
  this->with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(key_of(cursor.first()), "0000");
    EXPECT_EQ(key_of(cursor.next()), "0001");
    EXPECT_EQ(key_of(cursor.first()), "0000");
    EXPECT_EQ(key_of(cursor.next()), "0001");
  });
}

TYPED_TEST(BucketContract, Cursor_StaysInsideItsBucket) {
  this->update([](auto& tx) {
    for (const char* name : {"before", "widgets", "zbehind"}) {
      auto bucket = tx.create_bucket(name).value();
      bucket.put("a", name).value();
      bucket.put("b", name).value();
    }
  });
  this->with_cursor([](BucketCursor& cursor) {
    EXPECT_EQ(cursor.first().value()->value, "widgets");
    EXPECT_EQ(key_of(cursor.next()), "b");
    EXPECT_EQ(key_of(cursor.next()), "-");
    EXPECT_EQ(key_of(cursor.last()), "b");
    EXPECT_EQ(key_of(cursor.prev()), "a");
    EXPECT_EQ(key_of(cursor.prev()), "-");
  });
}

TYPED_TEST(BucketContract, Cursor_First_EmptyPages) {
  this->fill(1000);
  this->in_widgets([](auto& bucket) {
    for (std::size_t i = 0; i < 600; ++i) bucket.erase(padded(i)).value();
    const auto cursor = bucket.cursor().value();
    EXPECT_EQ(key_of(cursor->first()), padded(600));
    std::size_t left = 1;
    while (cursor->next().value()) ++left;
    EXPECT_EQ(left, 400u);
  });
}

TYPED_TEST(BucketContract, Cursor_Last_EmptyPages) {
  this->fill(1000);
  this->in_widgets([](auto& bucket) {
    for (std::size_t i = 200; i < 1000; ++i) bucket.erase(padded(i)).value();
    const auto cursor = bucket.cursor().value();
    EXPECT_EQ(key_of(cursor->last()), padded(199));
    std::size_t left = 1;
    while (cursor->prev().value()) ++left;
    EXPECT_EQ(left, 200u);
  });
}

// bbolt removes 5 of 10 uncommitted keys.
TYPED_TEST(BucketContract, Cursor_DeleteWhileIterating_VisitsEveryKey) {
  for (const std::size_t count : {std::size_t{10}, std::size_t{1000}}) {
    this->in_widgets([&](auto& bucket) {
      for (std::size_t i = 0; i < count; ++i) bucket.put(padded(i), "v").value();
      const auto cursor = bucket.cursor().value();
      std::size_t visited = 0;
      for (auto entry = cursor->first().value(); entry; entry = cursor->next().value(), ++visited) {
        EXPECT_EQ(entry->key, padded(visited));
        bucket.erase(entry->key).value();
      }
      EXPECT_EQ(visited, count);
      EXPECT_EQ(listing(bucket), "");
    });
  }
}

TYPED_TEST(BucketContract, Cursor_DeleteWhileIterating_Backwards) {
  this->fill(300);
  this->in_widgets([](auto& bucket) {
    const auto cursor = bucket.cursor().value();
    std::size_t left = 300;
    for (auto entry = cursor->last().value(); entry; entry = cursor->prev().value()) {
      ASSERT_EQ(entry->key, padded(--left));
      bucket.erase(entry->key).value();
    }
    EXPECT_EQ(left, 0u);
    EXPECT_EQ(listing(bucket), "");
  });
}

TYPED_TEST(BucketContract, Cursor_DeletePastTheEnd) {
  this->fill(2);
  this->in_widgets([](auto& bucket) {
    const auto cursor = bucket.cursor().value();
    EXPECT_EQ(key_of(cursor->last()), "0001");
    EXPECT_EQ(key_of(cursor->next()), "-");
    bucket.erase("0001").value();
    EXPECT_EQ(key_of(cursor->next()), "-");
    EXPECT_EQ(key_of(cursor->prev()), "0000");
    bucket.erase("0000").value();
    EXPECT_EQ(key_of(cursor->prev()), "-");
    EXPECT_EQ(key_of(cursor->next()), "-");
    bucket.put("0002", "new").value();
    EXPECT_EQ(key_of(cursor->next()), "0002");
  });
}

TYPED_TEST(BucketContract, Cursor_MeetsWritesOfItsTransaction) {
  this->fill(10);
  this->in_widgets([](auto& bucket) {
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
    bucket.put("00045", "changed").value();
    EXPECT_EQ(cursor->seek("00045").value()->value, "changed");
  });
}

TYPED_TEST(BucketContract, Cursor_SurvivesASavepoint) {
  this->fill(10);
  this->update([](auto& tx) {
    auto bucket = *tx.bucket("widgets").value();
    const auto cursor = bucket.cursor().value();
    EXPECT_EQ(key_of(cursor->seek("0003")), "0003");
    const auto inner_write = [&](bool undo) {
      return tx.savepoint([&](auto& inner) -> Result<void> {
        EXPECT_EQ(code(cursor->next()), Errc::closed) << "the outer transaction is not usable meanwhile";
        inner.bucket("widgets").value()->erase("0004").value();
        if (undo) return cancelled();
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

// Two cursors of one bucket do not know of each other.
TYPED_TEST(BucketContract, Cursor_Two) {
  this->fill(4);
  this->in_widgets([](auto& bucket) {
    const auto one = bucket.cursor().value();
    const auto two = bucket.cursor().value();
    EXPECT_EQ(key_of(one->first()), "0000");
    EXPECT_EQ(key_of(two->last()), "0003");
    EXPECT_EQ(key_of(one->next()), "0001");
    EXPECT_EQ(key_of(two->prev()), "0002");
    bucket.erase("0002").value();
    EXPECT_EQ(key_of(one->next()), "0003");
    EXPECT_EQ(key_of(two->prev()), "0001");
  });
}

}  // namespace bayplan::metadata
