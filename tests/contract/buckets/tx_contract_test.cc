// Transactions: bbolt's cases of tx_test and db_test that are about closures.
#include "contract.h"

namespace bayplan::metadata {

struct Thrown {};

TYPED_TEST(BucketContract, Tx_Cursor) {
  this->update([](auto& tx) {
    tx.create_bucket("widgets").value();
    tx.create_bucket("woojits").value();
    const auto cursor = tx.root().cursor().value();
    const auto first = cursor->first().value();
    EXPECT_EQ(first->key, "widgets");
    EXPECT_TRUE(first->is_bucket);
    EXPECT_EQ(first->value, "");
    EXPECT_EQ(key_of(cursor->next()), "woojits");
    EXPECT_EQ(key_of(cursor->next()), "-");
  });
}

TYPED_TEST(BucketContract, Tx_CreateBucket) {
  this->update([](auto& tx) { EXPECT_TRUE(tx.create_bucket("widgets")); });
  this->reopen();
  this->view([](const auto& tx) { EXPECT_TRUE(tx.bucket("widgets").value().has_value()); });
}

TYPED_TEST(BucketContract, Tx_CreateBucket_ErrTxClosed) {
  this->update([](auto& tx) {
    const auto closed = [&](auto&) -> Result<void> {
      EXPECT_EQ(code(tx.create_bucket("foo")), Errc::closed);
      EXPECT_EQ(code(tx.create_bucket_if_not_exists("foo")), Errc::closed);
      return {};
    };
    EXPECT_TRUE(tx.savepoint(closed));
  });
  EXPECT_EQ(this->top_level(), "");
}

TYPED_TEST(BucketContract, Tx_CreateBucket_ErrBucketExists) {
  this->update([](auto& tx) { tx.create_bucket("widgets").value(); });
  this->update([](auto& tx) { EXPECT_EQ(code(tx.create_bucket("widgets")), Errc::already_exists); });
}

TYPED_TEST(BucketContract, Tx_CreateBucket_ErrBucketNameRequired) {
  this->update([](auto& tx) { EXPECT_EQ(code(tx.create_bucket("")), Errc::invalid_argument); });
}

TYPED_TEST(BucketContract, Tx_CreateBucketIfNotExists) {
  this->update([](auto& tx) {
    tx.create_bucket_if_not_exists("widgets").value().put("foo", "bar").value();
    EXPECT_EQ(tx.create_bucket_if_not_exists("widgets").value().get("foo").value(), "bar");
  });
  this->update([](auto& tx) {
    EXPECT_EQ(tx.create_bucket_if_not_exists("widgets").value().get("foo").value(), "bar");
  });
}

TYPED_TEST(BucketContract, Tx_CreateBucketIfNotExists_ErrBucketNameRequired) {
  this->update([](auto& tx) { EXPECT_EQ(code(tx.create_bucket_if_not_exists("")), Errc::invalid_argument); });
}

TYPED_TEST(BucketContract, Tx_Bucket) {
  this->update([](auto& tx) {
    tx.create_bucket("widgets").value();
    EXPECT_TRUE(tx.bucket("widgets").value().has_value());
    EXPECT_FALSE(tx.bucket("").value().has_value());
    EXPECT_FALSE(tx.bucket(std::string(40000, 'k')).value().has_value());
  });
}

TYPED_TEST(BucketContract, Tx_Get_NotFound) {
  this->update([](auto& tx) {
    tx.create_bucket("widgets").value().put("foo", "bar").value();
    EXPECT_FALSE(tx.bucket("widgets").value()->get("no_such_key").value().has_value());
    EXPECT_FALSE(tx.bucket("no_such_bucket").value().has_value());
  });
}

TYPED_TEST(BucketContract, Tx_DeleteBucket) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    bucket.set_sequence(9).value();
  });
  this->update([](auto& tx) {
    tx.delete_bucket("widgets").value();
    EXPECT_FALSE(tx.bucket("widgets").value().has_value());
  });
  this->update([](auto& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    EXPECT_FALSE(bucket.get("foo").value().has_value());
    EXPECT_EQ(bucket.sequence().value(), 0u);
  });
}

TYPED_TEST(BucketContract, Tx_DeleteBucket_ErrTxClosed) {
  this->update([](auto& tx) {
    tx.create_bucket("widgets").value();
    const auto closed = [&](auto&) -> Result<void> {
      EXPECT_EQ(code(tx.delete_bucket("widgets")), Errc::closed);
      return {};
    };
    EXPECT_TRUE(tx.savepoint(closed));
  });
  EXPECT_EQ(this->top_level(), "widgets/ ");
}

TYPED_TEST(BucketContract, Tx_DeleteBucket_NotFound) {
  this->update([](auto& tx) { EXPECT_EQ(code(tx.delete_bucket("widgets")), Errc::not_found); });
}

TYPED_TEST(BucketContract, Tx_ForEach_NoError) {
  this->fill(1);
  this->view([](const auto& tx) {
    EXPECT_TRUE(root_bucket(tx).for_each([](const Entry&) -> Result<void> { return {}; }));
  });
}

TYPED_TEST(BucketContract, Tx_ForEach_WithError) {
  this->fill(1);
  this->view([](const auto& tx) {
    EXPECT_EQ(code(root_bucket(tx).for_each([](const Entry&) -> Result<void> { return cancelled(); })),
              Errc::cancelled);
  });
}

TYPED_TEST(BucketContract, Tx_OnCommit) {
  std::string order;
  this->update([&](auto& tx) {
    tx.create_bucket("widgets").value();
    tx.on_commit([&] { order += "1"; });
    tx.on_commit([&] {
      order += "2";
      this->update([](auto& own) { own.create_bucket("by the hook").value(); });
    });
    tx.on_abort([&] { order += "never"; });
    EXPECT_EQ(order, "");
  });
  EXPECT_EQ(order, "12");
  EXPECT_EQ(this->top_level(), "by the hook/ widgets/ ");
}

TYPED_TEST(BucketContract, Tx_OnCommit_Rollback) {
  std::string order;
  EXPECT_FALSE(this->db().update([&](auto& tx) -> Result<void> {
    tx.create_bucket("widgets").value();
    tx.on_commit([&] { order += "never"; });
    tx.on_abort([&] { order += "1"; });
    tx.on_abort([&] { order += "2"; });
    return cancelled();
  }));
  EXPECT_EQ(order, "21");
}

TYPED_TEST(BucketContract, Tx_Hooks_OfAnUndoneSavepointAreDropped) {
  std::string order;
  this->update([&](auto& tx) {
    tx.create_bucket("widgets").value();
    tx.on_commit([&] { order += "o"; });
    tx.on_abort([&] { order += "never"; });
    EXPECT_FALSE(tx.savepoint([&](auto& inner) -> Result<void> {
      inner.on_commit([&] { order += "never"; });
      inner.on_abort([&] { order += "a"; });
      return cancelled();
    }));
    tx.savepoint([&](auto& inner) -> Result<void> {
        inner.on_commit([&] { order += "i"; });
        return {};
      }).value();
    EXPECT_EQ(order, "a");
  });
  EXPECT_EQ(order, "aoi");
}

TYPED_TEST(BucketContract, Tx_Rollback) {
  this->fill(1);
  EXPECT_EQ(code(this->db().update([](auto& tx) -> Result<void> {
              tx.bucket("widgets").value()->put("foo", "bar").value();
              tx.create_bucket("other").value();
              return cancelled();
            })),
            Errc::cancelled);
  EXPECT_EQ(this->top_level(), "widgets/ ");
  EXPECT_FALSE(this->committed("foo").has_value());
}

TYPED_TEST(BucketContract, DB_Update) {
  this->in_widgets([](auto& bucket) {
    bucket.put("foo", "bar").value();
    bucket.put("baz", "bat").value();
    bucket.erase("foo").value();
  });
  EXPECT_FALSE(this->committed("foo").has_value());
  EXPECT_EQ(this->committed("baz"), "bat");
}

TYPED_TEST(BucketContract, DB_Update_Panic) {
  EXPECT_THROW(this->update([](auto& tx) {
    tx.create_bucket("widgets").value();
    throw Thrown{};
  }),
               Thrown);
  EXPECT_EQ(this->top_level(), "");
  this->update([](auto& tx) { tx.create_bucket("the lock was released").value(); });
}

TYPED_TEST(BucketContract, DB_View_Error) {
  const auto result = this->db().view([](const auto&) -> Result<void> { return cancelled(); });
  EXPECT_EQ(code(result), Errc::cancelled);
}

TYPED_TEST(BucketContract, DB_View_Panic) {
  this->fill(1);
  EXPECT_THROW(this->view([](const auto& tx) {
    EXPECT_TRUE(tx.bucket("widgets").value().has_value());
    throw Thrown{};
  }),
               Thrown);
  EXPECT_EQ(this->committed("0000"), "v");
}

TYPED_TEST(BucketContract, DB_Update_InsideUpdateIsRefused) {
  this->update([&](auto& tx) {
    tx.create_bucket("outer").value();
    EXPECT_EQ(code(this->db().update([](auto&) -> Result<void> { return {}; })), Errc::failed_precondition);
  });
  EXPECT_EQ(this->top_level(), "outer/ ");
}

TYPED_TEST(BucketContract, DB_View_InsideUpdateSeesTheLastCommit) {
  this->update([](auto& tx) { tx.create_bucket("committed").value(); });
  this->update([&](auto& tx) {
    tx.create_bucket("pending").value();
    EXPECT_EQ(this->top_level(), "committed/ ");
  });
}

// bbolt's concurrent repeatable reads in one thread: many snapshots, each keeps what it saw.
TYPED_TEST(BucketContract, DB_ConcurrentRepeatableRead) {
  this->fill(1);
  using Reader = typename std::remove_reference_t<decltype(this->db().begin_read().value())>;
  std::vector<Reader> readers;
  std::vector<std::string_view> views;
  for (int i = 0; i < 20; ++i) {
    this->in_widgets([&](auto& bucket) {
      bucket.put("k", "value" + std::to_string(i)).value();
      bucket.put("filler" + std::to_string(i), std::string(3000, 'f')).value();
    });
    readers.push_back(this->db().begin_read().value());
    views.push_back(*readers.back()->bucket("widgets").value()->get("k").value());
  }
  for (std::size_t i = 0; i < readers.size(); ++i) {
    EXPECT_EQ(views[i], "value" + std::to_string(i));
    EXPECT_EQ(readers[i]->bucket("widgets").value()->get("k").value(), views[i]);
    EXPECT_EQ(keys_of(*readers[i]->bucket("widgets").value()).size(), i + 3);
  }
}

}  // namespace bayplan::metadata
