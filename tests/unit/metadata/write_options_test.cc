// Deadlines, cancellation and statistics of write transactions; two processes at the writer lock.
#include <thread>

#include "child_process.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

using Clock = std::chrono::steady_clock;

class Options : public StoreTest {
 protected:
  static Result<void> put(WriteTx& tx, const std::string& key, std::size_t size = 1) {
    BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("widgets"));
    return bucket.put(key, std::string(size, 'x'));
  }
  static Result<void> put(const Db& db, const std::string& key, const WriteOptions& options = {}) {
    return db.update([&](WriteTx& tx) { return put(tx, key); }, options);
  }
  // A child that writes, says so, and ends its transaction when told.
  template <class F>
  pid_t child_that_writes(Signal& inside, F then) {
    return start_child([&, then] {
      const auto own = Db::open(path()).value();
      const auto result = own.update([&](WriteTx& tx) -> Result<void> {
        BAYPLAN_TRY(put(tx, "child"));
        inside.send();
        then();
        return {};
      });
      return result ? 0 : 1;
    });
  }
};

TEST_F(Options, a_free_lock_is_taken_even_when_it_is_late) {
  EXPECT_TRUE(put(db(), "k", {.deadline = Clock::now() - std::chrono::hours(1)}));
}

TEST_F(Options, the_deadline_passes_while_another_thread_writes) {
  update([&](WriteTx& tx) {
    std::thread([&] {
      TxStats stats;
      const auto late = put(db(), "late", {.deadline = Clock::now(), .stats = &stats});
      ASSERT_EQ(code(late), Errc::busy);
      EXPECT_FALSE(late.error().advice().empty());
      EXPECT_NE(late.error().to_string().find("another thread"), std::string::npos);
      EXPECT_EQ(stats.hold.count(), 0);
    }).join();
    put(tx, "k").value();
  });
  EXPECT_FALSE(value("widgets", "late"));
  EXPECT_TRUE(put(db(), "next"));
}

TEST_F(Options, the_deadline_passes_while_another_process_writes) {
  close();
  Signal inside;
  Signal go;
  const pid_t child = child_that_writes(inside, [&] { go.wait(); });
  inside.wait();
  reopen();
  const auto late = put(db(), "late", {.deadline = Clock::now() + std::chrono::milliseconds(3)});
  ASSERT_EQ(code(late), Errc::busy);
  EXPECT_NE(late.error().to_string().find("another process"), std::string::npos) << late.error().to_string();
  go.send();
  EXPECT_TRUE(put(db(), "patient", {.deadline = Clock::now() + std::chrono::hours(1)}));
  EXPECT_EQ(wait_for(child), 0);
  EXPECT_TRUE(value("widgets", "child"));
}

TEST_F(Options, without_a_deadline_the_other_process_is_waited_for) {
  close();
  Signal inside;
  Signal go;
  const pid_t child = child_that_writes(inside, [&] { go.wait(); });
  inside.wait();
  reopen();
  std::thread waiting([&] { EXPECT_TRUE(put(db(), "patient")); });
  go.send();
  waiting.join();
  EXPECT_EQ(wait_for(child), 0);
}

TEST_F(Options, a_killed_writer_blocks_nobody) {
  close();
  Signal inside;
  const pid_t child = child_that_writes(inside, [] { ::pause(); });
  inside.wait();
  reopen();
  std::thread waiting([&] { EXPECT_TRUE(put(db(), "patient")); });
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  EXPECT_EQ(wait_for(child), -1);
  waiting.join();
  EXPECT_FALSE(value("widgets", "child"));
}

// The lock lives as long as a descriptor of it does: a child that the killed writer forked must not hold one.
TEST_F(Options, a_killed_writer_with_a_living_child_blocks_nobody) {
  close();
  Signal inside;
  Signal end;
  const pid_t child = child_that_writes(inside, [&] {
    Signal forked;
    start_child([&] {
      forked.send();
      end.wait();
      return 0;
    });
    forked.wait();
    inside.send();
    ::pause();
  });
  inside.wait();
  inside.wait();
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  EXPECT_EQ(wait_for(child), -1);
  reopen();
  EXPECT_TRUE(put(db(), "k", {.deadline = Clock::now() + std::chrono::seconds(20)}));
  end.send();
}

TEST_F(Options, cancelling_ends_the_wait) {
  const CancelToken token;
  update([&](WriteTx& tx) {
    std::thread waiting([&] { EXPECT_EQ(code(put(db(), "late", {.cancel = token})), Errc::cancelled); });
    token.cancel();
    waiting.join();
    put(tx, "k").value();
  });
  EXPECT_EQ(code(put(db(), "late", {.cancel = token})), Errc::cancelled) << "before anything";
  EXPECT_TRUE(put(db(), "next", {.cancel = CancelToken()}));
}

TEST_F(Options, cancelling_ends_the_wait_for_another_process) {
  close();
  Signal inside;
  Signal go;
  const pid_t child = child_that_writes(inside, [&] { go.wait(); });
  inside.wait();
  reopen();
  const CancelToken token;
  std::thread waiting([&] { EXPECT_EQ(code(put(db(), "late", {.cancel = token})), Errc::cancelled); });
  token.cancel();
  waiting.join();
  go.send();
  EXPECT_EQ(wait_for(child), 0);
}

TEST_F(Options, an_inherited_handle_does_not_hold_the_lock) {
  ASSERT_TRUE(put(db(), "k"));
  Signal inside;
  Signal go;
  std::optional<pid_t> child;
  update([&](WriteTx& tx) {
    child = start_child([&] {
      inside.send();
      go.wait();
      return code(put(db(), "from child")) == Errc::closed ? 0 : 1;
    });
    inside.wait();
    put(tx, "in parent").value();
  });
  EXPECT_TRUE(put(db(), "next", {.deadline = Clock::now() + std::chrono::seconds(20)}));
  go.send();
  EXPECT_EQ(wait_for(*child), 0);
}

TEST_F(Options, statistics_tell_what_a_transaction_cost) {
  TxStats stats;
  ASSERT_TRUE(db().update([](WriteTx& tx) { return put(tx, "k", 100000); }, {.stats = &stats}));
  EXPECT_GT(stats.hold.count(), 0);
  EXPECT_GT(stats.flush.count(), 0);
  EXPECT_LE(stats.flush, stats.hold);
  EXPECT_GE(stats.wait.count(), 0);
  EXPECT_GE(stats.rows_written, 2u);
  EXPECT_EQ(stats.rows_removed, 0u);
  if (std::filesystem::exists("/proc/thread-self/io")) {
    EXPECT_GE(stats.pages_written, 25u);
    EXPECT_LE(stats.pages_written, 40u);
  }
  ASSERT_TRUE(db().update([](WriteTx& tx) { return tx.delete_bucket("widgets"); }, {.stats = &stats}));
  EXPECT_GE(stats.rows_removed, 2u);
}

TEST_F(Options, statistics_of_a_transaction_that_commits_nothing) {
  TxStats stats;
  stats.rows_written = 7;
  const auto failed = db().update(
      [](WriteTx& tx) -> Result<void> {
        BAYPLAN_TRY(put(tx, "k"));
        return Error(Errc::cancelled, "test", {});
      },
      {.stats = &stats});
  EXPECT_EQ(code(failed), Errc::cancelled);
  EXPECT_GT(stats.hold.count(), 0);
  EXPECT_EQ(stats.flush.count(), 0);
  EXPECT_EQ(stats.rows_written, 0u);
  EXPECT_EQ(stats.pages_written, 0u);
}

}  // namespace
}  // namespace bayplan::metadata
