// Savepoints: what is undone, what is kept, and who may be used meanwhile.
#include "contract.h"

namespace bayplan::metadata {

struct Stop {};

TYPED_TEST(BucketContract, Savepoint_ErrorUndoesTheInnerWritesOnly) {
  this->update([](auto& tx) {
    tx.create_bucket("outer").value();
    const auto result = tx.savepoint([](auto& inner) -> Result<void> {
      inner.create_bucket("inner").value();
      inner.bucket("outer").value()->put("k", "inner").value();
      return cancelled();
    });
    EXPECT_EQ(code(result), Errc::cancelled);
    EXPECT_FALSE(tx.bucket("outer").value()->get("k").value().has_value());
    tx.create_bucket("after").value();
  });
  EXPECT_EQ(this->top_level(), "after/ outer/ ");
}

TYPED_TEST(BucketContract, Savepoint_ThrowUndoesTheInnerWritesOnly) {
  this->update([](auto& tx) {
    tx.create_bucket("outer").value();
    const auto thrower = [](auto& inner) -> Result<void> {
      inner.create_bucket("inner").value();
      throw Stop{};
    };
    EXPECT_THROW(static_cast<void>(tx.savepoint(thrower).has_value()), Stop);
    tx.create_bucket("after").value();
  });
  EXPECT_EQ(this->top_level(), "after/ outer/ ");
}

TYPED_TEST(BucketContract, Savepoint_AsTheFirstWrite) {
  this->update([](auto& tx) {
    EXPECT_FALSE(tx.savepoint([](auto& inner) -> Result<void> {
      inner.create_bucket("undone").value();
      return cancelled();
    }));
    EXPECT_EQ(tx.savepoint([](auto& inner) -> Result<int> {
                  inner.create_bucket("kept").value();
                  return 7;
                }).value(),
              7);
  });
  EXPECT_EQ(this->top_level(), "kept/ ");
}

TYPED_TEST(BucketContract, Savepoint_UndoneFirstWriteLeavesTheTransactionUsable) {
  this->update([](auto& tx) { tx.create_bucket("widgets").value().put("k", "before").value(); });
  this->update([](auto& tx) {
    auto widgets = *tx.bucket("widgets").value();
    const auto cursor = widgets.cursor().value();
    EXPECT_EQ(key_of(cursor->first()), "k");
    for (int i = 0; i < 3; ++i) {
      const auto undone = tx.savepoint([](auto& inner) -> Result<void> {
        BAYPLAN_ASSIGN(auto bucket, inner.create_bucket_if_not_exists("widgets"));
        BAYPLAN_TRY(bucket.put("k", "undone"));
        BAYPLAN_TRY(bucket.put("large", std::string(3000, 'v')));
        return cancelled();
      });
      EXPECT_EQ(code(undone), Errc::cancelled);
      EXPECT_EQ(widgets.get("k").value(), "before");
      EXPECT_EQ(key_of(cursor->next()), "-");
    }
    widgets.put("l", "after").value();
  });
  EXPECT_EQ(this->committed("k"), "before");
  EXPECT_EQ(this->committed("l"), "after");
  EXPECT_EQ(this->committed("large"), std::nullopt);
}

TYPED_TEST(BucketContract, Savepoint_InsideOneThatWroteFirstIsKeptApart) {
  this->update([](auto& tx) {
    const auto outer = tx.savepoint([](auto& first) -> Result<void> {
      BAYPLAN_ASSIGN(auto bucket, first.create_bucket("widgets"));
      BAYPLAN_TRY(bucket.put("outer", std::string(2000, 'o')));
      const auto undone = first.savepoint([](auto& second) -> Result<void> {
        BAYPLAN_TRY(second.bucket("widgets").value()->put("inner", std::string(2000, 'i')));
        return cancelled();
      });
      EXPECT_EQ(code(undone), Errc::cancelled);
      BAYPLAN_TRY(
          first.savepoint([](auto& second) { return second.bucket("widgets").value()->put("kept", "k"); }));
      return bucket.put("last", "l");
    });
    EXPECT_TRUE(outer);
    tx.bucket("widgets").value()->put("top", "t").value();
  });
  this->view([](const auto& tx) {
    EXPECT_EQ(keys_of(*tx.bucket("widgets").value()),
              (std::vector<std::string>{"kept", "last", "outer", "top"}));
  });
}

TYPED_TEST(BucketContract, Savepoint_Nested) {
  this->update([](auto& tx) {
    const auto level = [](auto& self, auto& at, int depth) -> Result<void> {
      at.create_bucket("level" + std::to_string(depth)).value();
      if (depth == 8) return {};
      const auto inner = at.savepoint([&](auto& next) { return self(self, next, depth + 1); });
      EXPECT_EQ(inner.has_value(), depth != 3);
      if (depth == 4) return cancelled();
      return {};
    };
    level(level, tx, 0).value();
  });
  EXPECT_EQ(this->top_level(), "level0/ level1/ level2/ level3/ ");
}

// Levels that write nothing of their own share one LMDB child; undoing one must undo all that was written
// below.
TYPED_TEST(BucketContract, Savepoint_WritesOnlyInTheInnermost) {
  this->update([](auto& tx) {
    tx.create_bucket("outer").value();
    EXPECT_FALSE(tx.savepoint([](auto& first) -> Result<void> {
      EXPECT_TRUE(first.savepoint([](auto& second) -> Result<void> {
        return second.savepoint([](auto& third) -> Result<void> {
          third.create_bucket("deep").value();
          return {};
        });
      }));
      EXPECT_TRUE(first.bucket("deep").value().has_value());
      first.create_bucket("first").value();
      return cancelled();
    }));
    EXPECT_EQ(listing(tx.root()), "outer/ ");
  });
}

TYPED_TEST(BucketContract, Savepoint_OuterTransactionIsClosedMeanwhile) {
  this->update([](auto& tx) {
    auto outer = tx.create_bucket("outer").value();
    tx.savepoint([&](auto& inner) -> Result<void> {
        EXPECT_EQ(code(outer.put("k", "v")), Errc::closed);
        EXPECT_EQ(code(outer.get("k")), Errc::closed);
        EXPECT_EQ(code(tx.create_bucket("x")), Errc::closed);
        EXPECT_EQ(code(tx.bucket("outer")), Errc::closed);
        EXPECT_EQ(code(tx.savepoint([](auto&) -> Result<void> { return {}; })), Errc::closed);
        return inner.bucket("outer").value()->put("k", "inner");
      }).value();
    EXPECT_EQ(outer.get("k").value(), "inner");
  });
}

TYPED_TEST(BucketContract, Savepoint_DeletionIsUndoneForHandlesToo) {
  this->update([](auto& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("k", "v").value();
    EXPECT_FALSE(tx.savepoint([](auto& inner) -> Result<void> {
      inner.delete_bucket("widgets").value();
      return cancelled();
    }));
    EXPECT_EQ(bucket.get("k").value(), "v");
    EXPECT_TRUE(tx.savepoint([](auto& inner) { return inner.delete_bucket("widgets"); }));
    EXPECT_EQ(code(bucket.get("k")), Errc::closed);
  });
}

TYPED_TEST(BucketContract, Savepoint_ViewsOutliveIt) {
  this->update([](auto& tx) {
    tx.create_bucket("widgets").value().put("k", "value").value();
    std::string_view kept;
    tx.savepoint([&](auto& inner) -> Result<void> {
        kept = *inner.bucket("widgets").value()->get("k").value();
        return {};
      }).value();
    for (std::size_t i = 0; i < 1000; ++i) tx.bucket("widgets").value()->put(padded(i), "x").value();
    EXPECT_EQ(kept, "value");
  });
}

// Members of a group: each in a savepoint of its own, every third fails and takes nothing with it.
TYPED_TEST(BucketContract, Savepoint_AbortInsideAGroup) {
  this->update([](auto& tx) {
    for (int i = 0; i < 30; ++i) {
      const auto member = tx.savepoint([&](auto& inner) -> Result<void> {
        auto record =
            inner.create_bucket_if_not_exists("all").value().create_bucket(std::to_string(i)).value();
        record.put("field", std::string(static_cast<std::size_t>(i) * 50, 'f')).value();
        record.create_bucket("labels").value().put("a", "b").value();
        if (i % 3 == 2) return cancelled();
        return {};
      });
      EXPECT_EQ(member.has_value(), i % 3 != 2);
    }
  });
  this->reopen();
  this->view([](const auto& tx) {
    const auto all = *tx.bucket("all").value();
    EXPECT_EQ(keys_of(all).size(), 20u);
    for (const std::string& key : keys_of(all)) {
      const std::size_t number = std::stoul(key);
      EXPECT_EQ(all.bucket(key).value()->get("field").value(), std::string(number * 50, 'f'));
      EXPECT_EQ(all.bucket(key).value()->bucket("labels").value()->get("a").value(), "b");
    }
  });
}

}  // namespace bayplan::metadata
