#include "reader_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <thread>
#include <vector>

#include "support/temp_dir.h"

namespace bayplan::metadata {
namespace {

constexpr unsigned int kSlots = 128;  // two of them are kept

class Pool : public testing::Test {
 protected:
  Pool() {
    EXPECT_EQ(::mdb_env_create(&env_), 0);
    EXPECT_EQ(::mdb_env_set_maxreaders(env_, kSlots), 0);
    EXPECT_EQ(::mdb_env_open(env_, dir_.path().c_str(), MDB_NOTLS, 0600), 0);
    pool_.set_table_size(kSlots);
  }
  ~Pool() override {
    pool_.drain();
    ::mdb_env_close(env_);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  Reader* begin() {
    Reader* reader = nullptr;
    EXPECT_EQ(pool_.begin(env_, &reader), 0);
    return reader;
  }
  void commit() {
    MDB_txn* txn = nullptr;
    MDB_dbi main = 0;
    ASSERT_EQ(::mdb_txn_begin(env_, nullptr, 0, &txn), 0);
    ASSERT_EQ(::mdb_dbi_open(txn, nullptr, 0, &main), 0);
    MDB_val key{1,
                const_cast<char*>("k")};  // NOLINT(cppcoreguidelines-pro-type-const-cast): LMDB's C interface
    ASSERT_EQ(::mdb_put(txn, main, &key, &key, 0), 0);
    ASSERT_EQ(::mdb_txn_commit(txn), 0);
  }
  // Slots of the reader table that this process has taken, idle ones too.
  int slots() {
    int lines = 0;
    const auto count = [](const char* line, void* lines_of) {
      if (std::string_view(line).find("pid") == std::string_view::npos &&
          std::string_view(line).find("no active") == std::string_view::npos)
        ++*static_cast<int*>(lines_of);
      return 0;
    };
    ::mdb_reader_list(env_, count, &lines);
    return lines;
  }

  test::TempDir dir_;
  MDB_env* env_ = nullptr;
  ReaderPool pool_{};
};

TEST_F(Pool, the_next_reader_takes_the_slot_of_the_last_and_sees_the_newest_commit) {
  Reader* const first = begin();
  const auto before = ::mdb_txn_id(first->txn);
  pool_.end(first);
  commit();
  Reader* const second = begin();
  EXPECT_EQ(second, first);
  EXPECT_EQ(::mdb_txn_id(second->txn), before + 1);
  EXPECT_EQ(slots(), 1);
  pool_.end(second);
}

TEST_F(Pool, open_readers_are_apart_however_many_there_are) {
  std::vector<Reader*> readers;
  for (int n = 0; n < 5; ++n) readers.push_back(begin());
  for (const Reader* reader : readers) EXPECT_EQ(std::count(readers.begin(), readers.end(), reader), 1);
  EXPECT_EQ(slots(), 5);
  for (Reader* reader : readers) pool_.end(reader);
  EXPECT_EQ(slots(), 2) << "a sixty-fourth of the table";
}

TEST_F(Pool, an_ended_reader_pins_no_snapshot) {
  EXPECT_FALSE(pool_.oldest());
  std::vector<Reader*> readers;
  for (int n = 0; n < 3; ++n) readers.push_back(begin());
  for (Reader* reader : readers) {
    EXPECT_TRUE(pool_.oldest()) << "the kept ones and the one beyond";
    EXPECT_LE(*pool_.oldest(), ReaderPool::Clock::now());
    pool_.end(reader);
  }
  EXPECT_FALSE(pool_.oldest());
}

TEST_F(Pool, draining_gives_back_what_is_idle_and_spares_who_reads) {
  Reader* const open = begin();
  Reader* const idle = begin();
  pool_.end(idle);
  EXPECT_EQ(slots(), 2);
  pool_.drain();
  EXPECT_EQ(slots(), 1);
  EXPECT_EQ(::mdb_txn_env(open->txn), env_);
  EXPECT_EQ(idle->txn, nullptr);
  pool_.end(open);
  pool_.end(begin());
}

TEST_F(Pool, a_full_table_is_told_and_takes_nothing) {
  std::vector<Reader*> readers;
  for (unsigned int n = 0; n < kSlots; ++n) readers.push_back(begin());
  Reader* reader = nullptr;
  EXPECT_EQ(pool_.begin(env_, &reader), MDB_READERS_FULL);
  EXPECT_EQ(reader, nullptr);
  pool_.end(readers.back());
  readers.back() = begin();
  for (Reader* open : readers) pool_.end(open);
  EXPECT_FALSE(pool_.oldest());
}

TEST_F(Pool, threads_never_share_a_reader) {
  std::atomic<int> running{4};
  const auto read = [&] {
    for (int n = 0; n < 2000; ++n) {
      Reader* const reader = begin();
      reader->buckets.start(1);  // plain memory: the thread sanitizer sees a second owner
      reader->buckets.add(1, "k", 2);
      EXPECT_NE(reader->txn, nullptr);
      pool_.end(reader);
    }
    --running;
  };
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) threads.emplace_back(read);
  while (running > 0) {
    pool_.drain();
    pool_.oldest();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(pool_.oldest());
}

}  // namespace
}  // namespace bayplan::metadata
