// Savepoints, hooks, and what a transaction refuses.
#include <thread>

#include "bayplan/base/fault.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class Tx : public StoreTest {
 protected:
  static Error failure() { return {Errc::cancelled, "test", {}}; }
  std::vector<std::string> top_level() {
    std::vector<std::string> names;
    view([&](const ReadTx& tx) { names = keys_of(root_bucket(tx)); });
    return names;
  }
};
using Names = std::vector<std::string>;

TEST_F(Tx, Cursor) {
  update([](WriteTx& tx) {
    tx.create_bucket("widgets").value();
    tx.create_bucket("woojits").value();
    const auto cursor = tx.root().cursor().value();
    EXPECT_EQ(key_of(cursor->first()), "widgets");
    EXPECT_EQ(key_of(cursor->next()), "woojits");
    EXPECT_EQ(key_of(cursor->next()), "-");
  });
}

TEST_F(Tx, Rollback_OnError) {
  const auto result = db().update([](WriteTx& tx) -> Result<void> {
    tx.create_bucket("widgets").value();
    return failure();
  });
  EXPECT_EQ(code(result), Errc::cancelled);
  EXPECT_EQ(top_level(), Names{});
}

TEST_F(Tx, Update_Panic) {
  struct Thrown {};
  EXPECT_THROW(update([](WriteTx& tx) {
                 tx.create_bucket("widgets").value();
                 throw Thrown{};
               }),
               Thrown);
  EXPECT_EQ(top_level(), Names{});
  update([](WriteTx& tx) { tx.create_bucket("the lock was released").value(); });
}

TEST_F(Tx, UpdateInsideUpdateIsRefused) {
  update([&](WriteTx& tx) {
    tx.create_bucket("outer").value();
    EXPECT_EQ(code(db().update([](WriteTx&) -> Result<void> { return {}; })), Errc::failed_precondition);
  });
  EXPECT_EQ(top_level(), Names{"outer"});
}

TEST_F(Tx, UpdateOfAnotherStoreInsideUpdate) {
  const test::TempDir other_dir;
  const auto other = Db::open(other_dir.path() / "metadata").value();
  update([&](WriteTx&) {
    EXPECT_TRUE(other.update([](WriteTx& tx) -> Result<void> {
      tx.create_bucket("other").value();
      return {};
    }));
  });
}

TEST_F(Tx, ViewInsideUpdateSeesTheLastCommit) {
  update([](WriteTx& tx) { tx.create_bucket("committed").value(); });
  update([&](WriteTx& tx) {
    tx.create_bucket("pending").value();
    EXPECT_EQ(top_level(), Names{"committed"});
  });
}

TEST_F(Tx, ReaderKeepsItsSnapshot) {
  update([](WriteTx& tx) { tx.create_bucket("widgets").value().put("k", "old").value(); });
  const auto reader = db().begin_read().value();
  const std::string_view before = *reader->bucket("widgets").value()->get("k").value();
  for (int i = 0; i < 50; ++i) {
    update([&](WriteTx& tx) { tx.bucket("widgets").value()->put("k", "new" + std::to_string(i)).value(); });
  }
  EXPECT_EQ(before, "old");
  EXPECT_EQ(reader->bucket("widgets").value()->get("k").value(), "old");
  EXPECT_EQ(reader->revision(), 1u);
  EXPECT_EQ(value("widgets", "k"), "new49");
}

TEST_F(Tx, WritersOfManyThreadsTakeTurns) {
  update([](WriteTx& tx) { tx.create_bucket("widgets").value(); });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i)
        update([](WriteTx& tx) { tx.bucket("widgets").value()->next_sequence().value(); });
    });
  }
  for (std::thread& thread : threads) thread.join();
  view([](const ReadTx& tx) { EXPECT_EQ(tx.bucket("widgets").value()->sequence().value(), 100u); });
}

TEST_F(Tx, AnUpdateThatChangesNothingCommitsNothing) {
  update([](WriteTx& tx) { tx.create_bucket("widgets").value(); });
  update([](WriteTx& tx) {
    EXPECT_FALSE(tx.savepoint([](WriteTx& inner) -> Result<void> {
      inner.create_bucket("undone").value();
      return failure();
    }));
    EXPECT_EQ(tx.revision(), 2u);
  });
  EXPECT_EQ(db().stats().value().revision, 1u);
}

TEST_F(Tx, Savepoint_ErrorUndoesTheInnerWritesOnly) {
  update([](WriteTx& tx) {
    tx.create_bucket("outer").value();
    const auto result = tx.savepoint([](WriteTx& inner) -> Result<void> {
      inner.create_bucket("inner").value();
      inner.bucket("outer").value()->put("k", "inner").value();
      return failure();
    });
    EXPECT_EQ(code(result), Errc::cancelled);
    EXPECT_FALSE(tx.bucket("outer").value()->get("k").value().has_value());
    tx.create_bucket("after").value();
  });
  EXPECT_EQ(top_level(), (Names{"after", "outer"}));
}

TEST_F(Tx, Savepoint_ThrowUndoesTheInnerWritesOnly) {
  struct Thrown {};
  update([](WriteTx& tx) {
    tx.create_bucket("outer").value();
    const auto thrower = [](WriteTx& inner) -> Result<void> {
      inner.create_bucket("inner").value();
      throw Thrown{};
    };
    EXPECT_THROW(static_cast<void>(tx.savepoint(thrower).has_value()), Thrown);
    tx.create_bucket("after").value();
  });
  EXPECT_EQ(top_level(), (Names{"after", "outer"}));
}

TEST_F(Tx, Savepoint_AsTheFirstWrite) {
  update([](WriteTx& tx) {
    EXPECT_FALSE(tx.savepoint([](WriteTx& inner) -> Result<void> {
      inner.create_bucket("undone").value();
      return failure();
    }));
    EXPECT_EQ(tx.savepoint([](WriteTx& inner) -> Result<int> {
                  inner.create_bucket("kept").value();
                  return 7;
                }).value(),
              7);
  });
  EXPECT_EQ(top_level(), Names{"kept"});
}

TEST_F(Tx, Savepoint_UndoneFirstWriteLeavesTheTransactionUsable) {
  update([](WriteTx& tx) { tx.create_bucket("widgets").value().put("k", "before").value(); });
  update([](WriteTx& tx) {
    auto widgets = *tx.bucket("widgets").value();
    const auto cursor = widgets.cursor().value();
    EXPECT_EQ(key_of(cursor->first()), "k");
    for (int i = 0; i < 3; ++i) {
      const auto undone = tx.savepoint([](WriteTx& inner) -> Result<void> {
        BAYPLAN_ASSIGN(auto bucket, inner.create_bucket_if_not_exists("widgets"));
        BAYPLAN_TRY(bucket.put("k", "undone"));
        BAYPLAN_TRY(bucket.put("large", std::string(3000, 'v')));
        return Error(Errc::cancelled, "test", {});
      });
      EXPECT_EQ(code(undone), Errc::cancelled);
      EXPECT_EQ(widgets.get("k").value(), "before");
      EXPECT_EQ(key_of(cursor->next()), "-");
    }
    widgets.put("l", "after").value();
  });
  EXPECT_EQ(value("widgets", "k"), "before");
  EXPECT_EQ(value("widgets", "l"), "after");
  EXPECT_EQ(value("widgets", "large"), std::nullopt);
}

TEST_F(Tx, Savepoint_InsideOneThatWroteFirstIsKeptApart) {
  update([](WriteTx& tx) {
    const auto outer = tx.savepoint([](WriteTx& first) -> Result<void> {
      BAYPLAN_ASSIGN(auto bucket, first.create_bucket("widgets"));
      BAYPLAN_TRY(bucket.put("outer", std::string(2000, 'o')));
      const auto undone = first.savepoint([](WriteTx& second) -> Result<void> {
        BAYPLAN_TRY(second.bucket("widgets").value()->put("inner", std::string(2000, 'i')));
        return Error(Errc::cancelled, "test", {});
      });
      EXPECT_EQ(code(undone), Errc::cancelled);
      BAYPLAN_TRY(first.savepoint(
          [](WriteTx& second) { return second.bucket("widgets").value()->put("kept", "k"); }));
      return bucket.put("last", "l");
    });
    EXPECT_TRUE(outer);
    tx.bucket("widgets").value()->put("top", "t").value();
  });
  view([](const ReadTx& tx) {
    EXPECT_EQ(keys_of(*tx.bucket("widgets").value()),
              (std::vector<std::string>{"kept", "last", "outer", "top"}));
  });
}

TEST_F(Tx, Savepoint_Nested) {
  update([](WriteTx& tx) {
    const auto level = [](auto& self, WriteTx& at, int depth) -> Result<void> {
      at.create_bucket("level" + std::to_string(depth)).value();
      if (depth == 8) return {};
      const auto inner = at.savepoint([&](WriteTx& next) { return self(self, next, depth + 1); });
      EXPECT_EQ(inner.has_value(), depth != 3);
      if (depth == 4) return failure();
      return {};
    };
    level(level, tx, 0).value();
  });
  EXPECT_EQ(top_level(), (Names{"level0", "level1", "level2", "level3"}));
}

// Levels that write nothing of their own share one LMDB child; undoing one must undo all that was written
// below.
TEST_F(Tx, Savepoint_WritesOnlyInTheInnermost) {
  update([](WriteTx& tx) {
    tx.create_bucket("outer").value();
    EXPECT_FALSE(tx.savepoint([](WriteTx& first) -> Result<void> {
      EXPECT_TRUE(first.savepoint([](WriteTx& second) -> Result<void> {
        return second.savepoint([](WriteTx& third) -> Result<void> {
          third.create_bucket("deep").value();
          return {};
        });
      }));
      EXPECT_TRUE(first.bucket("deep").value().has_value());
      first.create_bucket("first").value();
      return failure();
    }));
    EXPECT_EQ(keys_of(tx.root()), Names{"outer"});
  });
}

TEST_F(Tx, Savepoint_OuterTransactionIsClosedMeanwhile) {
  update([](WriteTx& tx) {
    auto outer = tx.create_bucket("outer").value();
    tx.savepoint([&](WriteTx& inner) -> Result<void> {
        EXPECT_EQ(code(outer.put("k", "v")), Errc::closed);
        EXPECT_EQ(code(outer.get("k")), Errc::closed);
        EXPECT_EQ(code(tx.create_bucket("x")), Errc::closed);
        EXPECT_EQ(code(tx.bucket("outer")), Errc::closed);
        EXPECT_EQ(code(tx.savepoint([](WriteTx&) -> Result<void> { return {}; })), Errc::closed);
        return inner.bucket("outer").value()->put("k", "inner");
      }).value();
    EXPECT_EQ(outer.get("k").value(), "inner");
  });
}

TEST_F(Tx, Savepoint_DeletionIsUndoneForHandlesToo) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("k", "v").value();
    EXPECT_FALSE(tx.savepoint([](WriteTx& inner) -> Result<void> {
      inner.delete_bucket("widgets").value();
      return failure();
    }));
    EXPECT_EQ(bucket.get("k").value(), "v");
    EXPECT_TRUE(tx.savepoint([](WriteTx& inner) { return inner.delete_bucket("widgets"); }));
    EXPECT_EQ(code(bucket.get("k")), Errc::closed);
  });
}

TEST_F(Tx, Savepoint_ViewsOutliveIt) {
  update([](WriteTx& tx) {
    tx.create_bucket("widgets").value().put("k", "value").value();
    std::string_view kept;
    tx.savepoint([&](WriteTx& inner) -> Result<void> {
        kept = *inner.bucket("widgets").value()->get("k").value();
        return {};
      }).value();
    for (int i = 0; i < 1000; ++i) tx.bucket("widgets").value()->put(std::to_string(i), "x").value();
    EXPECT_EQ(kept, "value");
  });
}

TEST_F(Tx, OnCommit) {
  std::string order;
  update([&](WriteTx& tx) {
    tx.create_bucket("widgets").value();
    tx.on_commit([&] { order += "1"; });
    tx.on_commit([&] {
      order += "2";
      update([](WriteTx& own) { own.create_bucket("by the hook").value(); });
    });
    tx.on_abort([&] { order += "never"; });
    EXPECT_EQ(order, "");
  });
  EXPECT_EQ(order, "12");
  EXPECT_EQ(top_level(), (Names{"by the hook", "widgets"}));
}

TEST_F(Tx, OnCommit_Rollback) {
  std::string order;
  EXPECT_FALSE(db().update([&](WriteTx& tx) -> Result<void> {
    tx.create_bucket("widgets").value();
    tx.on_commit([&] { order += "never"; });
    tx.on_abort([&] { order += "1"; });
    tx.on_abort([&] { order += "2"; });
    return failure();
  }));
  EXPECT_EQ(order, "21");
}

TEST_F(Tx, Hooks_OfAnUndoneSavepointAreDropped) {
  std::string order;
  update([&](WriteTx& tx) {
    tx.create_bucket("widgets").value();
    tx.on_commit([&] { order += "o"; });
    tx.on_abort([&] { order += "never"; });
    EXPECT_FALSE(tx.savepoint([&](WriteTx& inner) -> Result<void> {
      inner.on_commit([&] { order += "never"; });
      inner.on_abort([&] { order += "a"; });
      return failure();
    }));
    tx.savepoint([&](WriteTx& inner) -> Result<void> {
        inner.on_commit([&] { order += "i"; });
        return {};
      }).value();
    EXPECT_EQ(order, "a");
  });
  EXPECT_EQ(order, "aoi");
}

TEST_F(Tx, FaultBeforeTheCommitUndoesEverything) {
  std::string order;
  fault::arm([](fault::Point point) -> std::optional<Error> {
    if (point != fault::Point::commit_before) return {};
    return Error(Errc::io, "test", {});
  });
  const auto result = db().update([&](WriteTx& tx) -> Result<void> {
    tx.create_bucket("widgets").value();
    tx.on_commit([&] { order += "never"; });
    tx.on_abort([&] { order += "a"; });
    return {};
  });
  fault::arm({});
  EXPECT_EQ(code(result), Errc::io);
  EXPECT_EQ(order, "a");
  EXPECT_EQ(top_level(), Names{});
  update([](WriteTx& tx) { tx.create_bucket("later").value(); });
}

}  // namespace
}  // namespace bayplan::metadata
