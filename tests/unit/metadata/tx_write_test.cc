// Transactions of the store alone: threads, revisions, faults; the rest is tests/contract/buckets.
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
