// A store's file read beside those who write to it.
#include <unistd.h>

#include "bayplan/metadata/digest.h"
#include "bayplan/metadata/file_source.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class LiveStore : public StoreTest {
 protected:
  void commit(int round) {
    update([&](WriteTx& tx) {
      auto bucket = tx.create_bucket_if_not_exists("b").value();
      for (int i = 0; i < 200; ++i)
        bucket.put("key" + std::to_string(i), std::string(300, static_cast<char>('a' + round % 26))).value();
    });
  }
  std::unique_ptr<FileSource> open() const { return open_store_file(path() / "data.mdb").value(); }
  static std::string digest(const BucketSource& source) {
    return logical_digest(root_bucket(source)).value().to_string();
  }
};

TEST_F(LiveStore, a_slot_keeps_what_is_read_and_goes_with_the_reader) {
  commit(0);
  const std::string before = digest(*db().begin_read().value());
  {
    const auto source = open();
    if (source->facts().holders.empty()) GTEST_SKIP() << "/proc/locks does not name this file system's files";
    EXPECT_EQ(source->facts().holders, std::vector{static_cast<std::uint64_t>(::getpid())});
    EXPECT_EQ(source->facts().reading, Reading::slot);
    for (int round = 1; round < 20; ++round) commit(round);
    EXPECT_EQ(db().stats().value().readers, 1u);
    EXPECT_EQ(digest(*source), before);
    EXPECT_TRUE(source->unchanged());
  }
  EXPECT_EQ(db().stats().value().readers, 0u);
}

TEST_F(LiveStore, without_a_slot_a_copy_is_read) {
  close();
  std::filesystem::remove(path() / "lock.mdb");
  reopen({.max_readers = 1});
  commit(0);
  const auto reader = db().begin_read().value();
  const auto source = open();
  if (source->facts().holders.empty()) GTEST_SKIP() << "/proc/locks does not name this file system's files";
  EXPECT_EQ(source->facts().reading, Reading::copy);
  EXPECT_EQ(digest(*source), digest(*reader));
  EXPECT_TRUE(source->unchanged());
}

TEST_F(LiveStore, of_a_dead_one_nothing_is_touched) {
  commit(0);
  close();
  const auto time = std::filesystem::last_write_time(path() / "lock.mdb");
  const auto source = open();
  EXPECT_EQ(source->facts().reading, Reading::file);
  EXPECT_TRUE(source->facts().holders.empty());
  EXPECT_EQ(std::filesystem::last_write_time(path() / "lock.mdb"), time);
}

}  // namespace
}  // namespace bayplan::metadata
