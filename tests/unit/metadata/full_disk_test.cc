// Disks that are full to the last block.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "bayplan/base/fd.h"
#include "bayplan/metadata/backup.h"
#include "bayplan/metadata/check.h"
#include "bayplan/metadata/db.h"
#include "support/temp_dir.h"

namespace bayplan::metadata {
namespace {

class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount("tmpfs", disk_.path().c_str(), "tmpfs", 0, "size=2m,mode=0700"), 0);
  }
  void TearDown() override {
    db_.reset();
    ::umount2(disk_.path().c_str(), MNT_DETACH);
  }

  void open() { db_.emplace(Db::open(disk_.path() / "metadata").value()); }
  void reopen() {
    db_.reset();
    open();
  }

  // Takes the last block.
  void fill_disk() {
    const UniqueFd file(
        ::open((disk_.path() / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    ASSERT_GE(file.get(), 0);
    const std::string block(4096, 'f');
    while (::write(file.get(), block.data(), block.size()) > 0) {
    }
    ASSERT_EQ(errno, ENOSPC);
  }

  static std::string name(int n) { return "record " + std::to_string(n); }
  Result<void> put(int n) {
    return db_->update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto records, tx.create_bucket_if_not_exists("records"));
      BAYPLAN_ASSIGN(auto record, records.create_bucket(name(n)));
      return record.put("value", std::string(400, 'v'));
    });
  }
  Result<void> remove(int n) {
    return db_->update([&](WriteTx& tx) { return tx.bucket("records").value()->delete_bucket(name(n)); },
                       {.reclaiming = true});
  }

  test::TempDir disk_;
  std::optional<Db> db_;
};

TEST_F(FullDisk, LackOfDiskSpace_deletes_succeed_and_writes_succeed_again) {
  open();
  int records = 0;
  while (records < 300) ASSERT_TRUE(put(records++));
  fill_disk();
  int more = records;
  Result<void> refused;
  while ((refused = put(more))) ++more;
  EXPECT_EQ(refused.error().code(), Errc::no_space) << refused.error().to_string();
  reopen();
  for (int n = 0; n < records; ++n) {
    const auto removed = remove(n);
    ASSERT_TRUE(removed) << n << ": " << removed.error().to_string();
  }
  for (int n = 0; n < 100; ++n) {
    const auto written = put(1000 + n);
    ASSERT_TRUE(written) << n << ": " << written.error().to_string();
  }
  EXPECT_TRUE(check(*db_, {}).value().clean());
}

TEST_F(FullDisk, a_full_disk_from_the_first_write_on) {
  open();
  ASSERT_TRUE(put(0));
  fill_disk();
  Result<void> refused;
  int more = 1;
  while ((refused = put(more))) ++more;
  EXPECT_EQ(refused.error().code(), Errc::no_space);
  for (int n = 0; n < more; ++n) ASSERT_TRUE(remove(n)) << n;
  std::filesystem::remove(disk_.path() / "filler");
  ASSERT_TRUE(put(5000));
  EXPECT_TRUE(check(*db_, {}).value().clean());
}

TEST_F(FullDisk, an_empty_mount_point_cannot_be_replaced_and_says_so) {
  const auto opened = Db::open(disk_.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::failed_precondition) << opened.error().to_string();
  EXPECT_EQ(opened.error().advice(), "name a directory below it");
  EXPECT_TRUE(std::filesystem::is_empty(disk_.path()));
}

TEST_F(FullDisk, reading_needs_no_space) {
  open();
  ASSERT_TRUE(put(0));
  db_.reset();
  fill_disk();
  open();
  const auto found =
      db_->view([](const ReadTx& tx) -> Result<bool> { return tx.bucket("records").value().has_value(); });
  EXPECT_TRUE(found.value());
}

// LMDB maps its lock file with holes, and the disk has nothing to fill them with.
TEST_F(FullDisk, what_needs_a_new_lock_file_is_refused) {
  open();
  ASSERT_TRUE(put(0));
  fill_disk();
  EXPECT_EQ(compact(*db_, disk_.path() / "copy").error().code(), Errc::no_space);
  EXPECT_EQ(Db::open(disk_.path() / "other").error().code(), Errc::no_space);
  db_.reset();
  ASSERT_TRUE(std::filesystem::remove(disk_.path() / "metadata" / "lock.mdb"));
  fill_disk();
  EXPECT_EQ(Db::open(disk_.path() / "metadata", {.read_only = true}).error().code(), Errc::no_space);
}

TEST_F(FullDisk, a_collection_in_one_transaction) {
  open();
  int records = 0;
  while (records < 300) ASSERT_TRUE(put(records++));
  fill_disk();
  const auto all = db_->update([](WriteTx& tx) { return tx.delete_bucket("records"); }, {.reclaiming = true});
  EXPECT_TRUE(all) << all.error().to_string();
  EXPECT_TRUE(put(7));
}

}  // namespace
}  // namespace bayplan::metadata
