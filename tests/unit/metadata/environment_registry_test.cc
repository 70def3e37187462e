// Several handles, threads and processes on one store.
#include <thread>

#include "child_process.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class Sharing : public StoreTest {
 protected:
  static Result<void> bump(const Db& db) {
    return db.update([](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("counter"));
      BAYPLAN_TRY(bucket.next_sequence());
      return {};
    });
  }
  static std::uint64_t count(const Db& db) {
    return db
        .view([](const ReadTx& tx) -> Result<std::uint64_t> {
          BAYPLAN_ASSIGN(const auto bucket, tx.bucket("counter"));
          return bucket ? bucket->sequence() : Result<std::uint64_t>(0);
        })
        .value();
  }
  // In a child: opens by itself, bumps.
  int open_and_bump(int times) const {
    const auto own = Db::open(path());
    if (!own) return 1;
    for (int i = 0; i < times; ++i) {
      if (!bump(*own)) return 2;
    }
    return 0;
  }
};

TEST_F(Sharing, a_second_open_answers_the_same_environment) {
  const auto second = Db::open(path()).value();
  EXPECT_TRUE(bump(second));
  const auto link = path().parent_path() / "link";
  std::filesystem::create_directory_symlink(path(), link);
  const auto third = Db::open(link).value();
  EXPECT_EQ(count(third), 1u);
  const auto reader = second.begin_read().value();
  close();
  EXPECT_TRUE(bump(third)) << "the last handle closes, not the first";
}

TEST_F(Sharing, open_and_close_by_many_threads) {
  close();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto own = Db::open(path());
        ASSERT_TRUE(own) << own.error().to_string();
        ASSERT_TRUE(own->begin_read());
        if (i % 10 == 0) {
          ASSERT_TRUE(bump(*own));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  reopen();
  EXPECT_EQ(count(db()), 16u);
}

TEST_F(Sharing, a_read_only_handle_of_a_writable_environment) {
  ASSERT_TRUE(bump(db()));
  const auto reader = Db::open(path(), {.read_only = true}).value();
  EXPECT_EQ(count(reader), 1u);
  EXPECT_EQ(code(bump(reader)), Errc::read_only);
  EXPECT_TRUE(bump(db()));
}

TEST_F(Sharing, a_read_only_environment_is_not_written) {
  ASSERT_TRUE(bump(db()));
  close();
  {
    const auto reader = Db::open(path(), {.read_only = true}).value();
    EXPECT_EQ(count(reader), 1u);
    EXPECT_EQ(code(bump(reader)), Errc::read_only);
    EXPECT_EQ(code(Db::open(path())), Errc::busy) << "this process has it open for reading only";
  }
  reopen();
  EXPECT_TRUE(bump(db()));
}

TEST_F(Sharing, handles_are_closed_in_a_forked_child) {
  ASSERT_TRUE(bump(db()));
  const auto reader = db().begin_read().value();
  const int status = run_in_child([&] {
    if (code(db().view([](const ReadTx&) -> Result<void> { return {}; })) != Errc::closed) return 1;
    if (code(bump(db())) != Errc::closed) return 2;
    if (code(reader->bucket("counter")) != Errc::closed) return 3;
    if (code(db().stats()) != Errc::closed) return 4;
    if (open_and_bump(3) != 0) return 5;
    close();
    return open_and_bump(3);
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(reader->bucket("counter").value()->sequence().value(), 1u)
      << "the parent's reader is undisturbed";
  EXPECT_EQ(count(db()), 7u);
  EXPECT_TRUE(bump(db()));
}

TEST_F(Sharing, processes_write_in_turns_and_see_each_other) {
  close();
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) children.push_back(start_child([&] { return open_and_bump(20); }));
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  reopen();
  EXPECT_EQ(count(db()), 80u);
}

TEST_F(Sharing, processes_that_open_and_close_all_the_time) {
  close();
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    children.push_back(start_child([&] {
      for (int round = 0; round < 50; ++round) {
        if (const int status = open_and_bump(round % 10 == 0 ? 1 : 0); status != 0) return status;
      }
      return 0;
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  reopen();
  EXPECT_EQ(count(db()), 15u);
}

TEST_F(Sharing, a_writer_killed_in_its_transaction_blocks_nobody) {
  close();
  const pid_t child = start_child([&] {
    const auto own = Db::open(path()).value();
    const auto never = own.update([](WriteTx& tx) -> Result<void> {
      tx.create_bucket("half done").value();
      ::raise(SIGKILL);
      return {};
    });
    return never ? 0 : 1;
  });
  EXPECT_EQ(wait_for(child), -1);
  reopen();
  EXPECT_TRUE(bump(db()));
  view([](const ReadTx& tx) { EXPECT_FALSE(tx.bucket("half done").value().has_value()); });
}

TEST_F(Sharing, many_processes_create_one_store) {
  const auto fresh = path().parent_path() / "fresh" / "metadata";
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    children.push_back(start_child([&] {
      const auto own = Db::open(fresh);
      return own && bump(*own) ? 0 : 1;
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(count(Db::open(fresh).value()), 6u);
  for (const auto& entry : std::filesystem::directory_iterator(fresh.parent_path())) {
    EXPECT_EQ(entry.path(), fresh) << "a leftover";
  }
}

}  // namespace
}  // namespace bayplan::metadata
