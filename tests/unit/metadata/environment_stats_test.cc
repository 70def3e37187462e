// Who reads, since when, and what becomes of readers that died; reader slots that are used again.
#include <lmdb.h>

#include <thread>

#include "child_process.h"
#include "environment.h"
#include "environment_registry.h"
#include "reader_list.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class Readers : public StoreTest {
 protected:
  void put(const std::string& key) {
    update([&](WriteTx& tx) { tx.create_bucket_if_not_exists("widgets").value().put(key, "v").value(); });
  }
  DbStats stats() { return db().stats().value(); }
  // A process that dies with a read transaction open.
  static void leave_dead_reader(const std::filesystem::path& store) {
    const pid_t child = start_child([&] {
      const auto own = Db::open(store).value();
      const auto reader = own.begin_read().value();
      ::raise(SIGKILL);
      return 0;
    });
    ASSERT_EQ(wait_for(child), -1);
  }
};

TEST_F(Readers, the_oldest_is_known_by_commits_process_and_age) {
  EXPECT_EQ(stats().oldest_reader_pid, 0);
  EXPECT_EQ(stats().oldest_own_reader_age.count(), 0);
  const auto old = db().begin_read().value();
  put("a");
  put("b");
  const auto young = db().begin_read().value();
  put("c");
  const DbStats now = stats();
  EXPECT_EQ(now.readers, 2u);
  EXPECT_EQ(now.oldest_reader_commits, 3u);
  EXPECT_EQ(now.oldest_reader_pid, ::getpid());
  EXPECT_GT(now.oldest_own_reader_age.count(), 0);
}

TEST_F(Readers, an_ended_reader_keeps_a_slot_and_pins_nothing) {
  for (int i = 0; i < 100; ++i) view([](const ReadTx&) {});
  EXPECT_EQ(stats().readers, 0u);
  EXPECT_EQ(stats().reader_slots, 1u) << "one slot served all of them";
  std::vector<std::unique_ptr<const ReadTx>> many;
  for (int i = 0; i < 100; ++i) many.push_back(db().begin_read().value());
  EXPECT_EQ(stats().readers, 100u);
  many.clear();
  EXPECT_EQ(stats().readers, 0u);
  EXPECT_LE(stats().reader_slots, 17u) << "the pool is bounded";
}

TEST_F(Readers, a_reused_slot_sees_the_newest_snapshot) {
  put("a");
  EXPECT_TRUE(value("widgets", "a"));
  put("b");
  EXPECT_TRUE(value("widgets", "b"));
}

TEST_F(Readers, renewing_moves_to_the_newest_snapshot) {
  put("a");
  auto reader = db().begin_read().value();
  const auto has = [&](const char* key) {
    return reader->bucket("widgets").value()->get(key).value().has_value();
  };
  EXPECT_TRUE(has("a"));
  put("b");
  EXPECT_FALSE(has("b"));
  ASSERT_TRUE(db().renew(reader));
  EXPECT_TRUE(has("b"));
  EXPECT_EQ(stats().oldest_reader_commits, 0u);
  const ReadTx* const before = reader.get();
  ASSERT_TRUE(db().renew(reader));
  EXPECT_EQ(reader.get(), before) << "nothing newer";
  const test::TempDir dir;
  const auto other = Db::open(dir.path() / "other").value();
  EXPECT_EQ(code(other.renew(reader)), Errc::invalid_argument);
}

TEST_F(Readers, dead_ones_are_cleared_when_the_store_is_opened) {
  put("a");
  close();
  // Somebody else keeps the table alive: who opens it alone starts it anew.
  Signal opened;
  Signal end;
  const pid_t keeper = start_child([&] {
    const auto own = Db::open(path()).value();
    opened.send();
    end.wait();
    return 0;
  });
  opened.wait();
  leave_dead_reader(path());
  reopen();
  EXPECT_EQ(stats().dead_readers_cleared, 1u);
  EXPECT_EQ(stats().readers, 0u);
  end.send();
  EXPECT_EQ(wait_for(keeper), 0);
}

TEST_F(Readers, dead_ones_are_cleared_by_writers_once_a_minute) {
  put("a");
  const auto environment = acquire_environment(path(), {}).value();
  const auto now = std::chrono::steady_clock::now();
  leave_dead_reader(path());
  EXPECT_EQ(stats().readers, 1u);
  environment->clear_dead_readers(now + std::chrono::seconds(59));
  EXPECT_EQ(stats().readers, 1u);
  environment->clear_dead_readers(now + std::chrono::seconds(61));
  EXPECT_EQ(stats().readers, 0u);
  EXPECT_EQ(stats().dead_readers_cleared, 1u);
}

TEST_F(Readers, dead_ones_are_cleared_when_the_table_is_full) {
  close();
  const test::TempDir dir;
  const auto few = Db::open(dir.path() / "few", {.max_readers = 2}).value();
  leave_dead_reader(dir.path() / "few");
  const auto first = few.begin_read().value();
  EXPECT_TRUE(few.begin_read());
  EXPECT_EQ(few.stats().value().dead_readers_cleared, 1u);
}

TEST_F(Readers, a_full_table_names_who_fills_it) {
  close();
  const test::TempDir dir;
  const auto few = Db::open(dir.path() / "few", {.max_readers = 2}).value();
  const auto first = few.begin_read().value();
  const auto second = few.begin_read().value();
  const auto third = few.begin_read();
  ASSERT_EQ(code(third), Errc::busy);
  EXPECT_NE(third.error().to_string().find("2 by process " + std::to_string(::getpid())), std::string::npos)
      << third.error().to_string();
  EXPECT_FALSE(third.error().advice().empty());
}

TEST_F(Readers, many_processes_are_named_up_to_eight) {
  std::vector<ReaderSlot> readers;
  for (pid_t pid = 1; pid <= 10; ++pid) readers.push_back({pid, {}});
  readers.push_back({4, 17});
  const std::string text = describe_readers(readers);
  EXPECT_TRUE(text.starts_with("11 reader slots are taken: 2 by process 4, 1 by process 10")) << text;
  EXPECT_TRUE(text.ends_with(" and more by 2 others")) << text;
}

// Growing moves the map, which no transaction survives; slots that are kept ready do not count.
TEST_F(Readers, kept_slots_do_not_stop_the_map_from_growing) {
  close();
  const auto small = Db::open(path(), {.map_bytes = 1 << 20}).value();
  const auto read = [&] {
    return small.view([](const ReadTx& tx) -> Result<bool> { return tx.bucket("huge").value().has_value(); });
  };
  EXPECT_FALSE(read().value());
  const int status = run_in_child([&] {
    const auto own = Db::open(path());
    const auto grown = own->update([](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto bucket, tx.create_bucket("huge"));
      return bucket.put("k", std::string(4 << 20, 'x'));
    });
    return grown ? 0 : 1;
  });
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(read().value());
}

TEST_F(Readers, threads_share_the_kept_slots) {
  put("a");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) EXPECT_EQ(value("widgets", "a"), "v");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stats().readers, 0u);
  EXPECT_LE(stats().reader_slots, 5u);
}

}  // namespace
}  // namespace bayplan::metadata
