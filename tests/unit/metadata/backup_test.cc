#include "bayplan/metadata/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <thread>

#include "bayplan/base/fd.h"
#include "bayplan/metadata/digest.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class Backup : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    update([](WriteTx& tx) {
      auto widgets = tx.create_bucket("widgets").value();
      for (int i = 0; i < 2000; ++i) {
        auto record = widgets.create_bucket("record " + std::to_string(i)).value();
        record.put("value", std::string(static_cast<std::size_t>(i % 700), 'v')).value();
        record.next_sequence().value();
      }
      widgets.put(std::string(3000, 'l'), std::string(20000, 'v')).value();
    });
    update([](WriteTx& tx) {
      auto widgets = *tx.bucket("widgets").value();
      for (int i = 0; i < 1800; ++i) widgets.delete_bucket("record " + std::to_string(i)).value();
    });
  }
  static Digest digest(const Db& db) {
    return db.view([](const ReadTx& tx) { return logical_digest(root_bucket(tx)); }).value();
  }
  std::filesystem::path beside(const char* name) const { return path().parent_path() / name; }
};

TEST_F(Backup, CopyFile) {
  const auto copy = beside("copy");
  std::filesystem::create_directory(copy);
  const UniqueFd fd(::open((copy / "data.mdb").c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  backup(db(), fd.get()).value();
  const auto opened = Db::open(copy, {.create = false}).value();
  EXPECT_EQ(digest(opened), digest(db()));
  EXPECT_TRUE(check(opened, {}).value().clean());
  opened.update([](WriteTx& tx) { return tx.bucket("widgets").value()->put("new", "v"); }).value();
  EXPECT_NE(digest(opened), digest(db()));
}

TEST_F(Backup, CopyFile_Error_Normal) {
  int ends[2] = {};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  const UniqueFd fd(ends[1]);
  EXPECT_EQ(code(backup(db(), fd.get())), Errc::io) << "a reader that goes away ends nothing but the copy";
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(code(backup(db(), full.get())), Errc::no_space);
  update([](WriteTx& tx) { tx.bucket("widgets").value()->put("still", "writable").value(); });
}

TEST_F(Backup, Concurrent_WriteTo_and_ConsistentRead) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      update([&](WriteTx& tx) {
        auto widgets = *tx.bucket("widgets").value();
        widgets.put("a", std::to_string(i)).value();
        widgets.put("z", std::to_string(i)).value();
      });
    }
  });
  for (int round = 0; round < 10; ++round) {
    const auto copy = beside("copy") / std::to_string(round);
    std::filesystem::create_directories(copy.parent_path());
    compact(db(), copy).value();
    const auto opened = Db::open(copy, {.create = false}).value();
    opened
        .view([](const ReadTx& tx) -> Result<void> {
          const auto widgets = *tx.bucket("widgets").value();
          EXPECT_EQ(widgets.get("a").value(), widgets.get("z").value());
          return {};
        })
        .value();
  }
  stop = true;
  writer.join();
}

TEST_F(Backup, BackupInsideAnUpdateIsRefused) {
  const UniqueFd fd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  update([&](WriteTx&) { EXPECT_EQ(code(backup(db(), fd.get())), Errc::failed_precondition); });
}

TEST_F(Backup, Compact_IsSmallerAndTheSame) {
  const auto copy = beside("compacted");
  compact(db(), copy).value();
  const auto opened = Db::open(copy).value();
  EXPECT_EQ(digest(opened), digest(db()));
  EXPECT_LT(opened.stats().value().file_bytes, db().stats().value().file_bytes / 2);
  EXPECT_EQ(opened.stats().value().uuid, db().stats().value().uuid);
  EXPECT_TRUE(check(opened, {}).value().clean());
  // Ids go on where they were.
  opened.update([](WriteTx& tx) { return tx.create_bucket("new").value().put("k", std::string(600, 'v')); })
      .value();
  EXPECT_TRUE(check(opened, {}).value().clean());
}

TEST_F(Backup, Compact_LeavesNothingBehindWhenItFails) {
  EXPECT_EQ(code(compact(db(), path())), Errc::already_exists);
  Control control;
  control.cancel.cancel();
  update([](WriteTx& tx) {
    auto large = tx.create_bucket("large").value();
    for (int i = 0; i < 20; ++i) large.put(std::to_string(i), std::string(std::size_t{1} << 20, 'v')).value();
  });
  EXPECT_EQ(code(compact(db(), beside("cancelled"), control)), Errc::cancelled);
  Control later;
  later.progress = [&](const Progress&) { later.cancel.cancel(); };
  update([](WriteTx& tx) {
    auto many = tx.create_bucket("many").value();
    for (int i = 0; i < 5000; ++i) many.put(std::to_string(i), "v").value();
  });
  EXPECT_EQ(code(compact(db(), beside("cancelled"), later)), Errc::cancelled);
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(path().parent_path()))
    left.push_back(entry.path().filename());
  EXPECT_EQ(left, std::vector<std::string>{"metadata"});
}

TEST_F(Backup, Digest_SeesEveryDifference) {
  const Digest before = digest(db());
  const auto differs = [&](const auto& change) {
    bool different = false;
    const auto undone = db().update([&](WriteTx& tx) -> Result<void> {
      change(*tx.bucket("widgets").value());
      different = logical_digest(root_bucket(tx)).value() != before;
      return Error(Errc::cancelled, "test", {});
    });
    EXPECT_FALSE(undone);
    return different;
  };
  EXPECT_TRUE(differs([](MutableBucket bucket) { bucket.put("k", "").value(); }));
  EXPECT_TRUE(differs([](MutableBucket bucket) { bucket.create_bucket("k").value(); }));
  EXPECT_TRUE(differs([](MutableBucket bucket) { bucket.next_sequence().value(); }));
  EXPECT_TRUE(differs([](MutableBucket bucket) { bucket.delete_bucket("record 1900").value(); }));
  EXPECT_TRUE(
      differs([](MutableBucket bucket) { bucket.bucket("record 1900").value()->next_sequence().value(); }));
  EXPECT_FALSE(differs([](MutableBucket bucket) { bucket.erase("absent").value(); }));
}

}  // namespace
}  // namespace bayplan::metadata
