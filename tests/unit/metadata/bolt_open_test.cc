// bbolt's cases about files, opening and sizes, which a store in memory does not have.
#include <fstream>
#include <thread>

#include "bayplan/metadata/bucket_stats.h"
#include "child_process.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class BoltOpen : public StoreTest {
 protected:
  std::filesystem::path data() const { return path() / "data.mdb"; }

  void put(const std::string& key, std::size_t size) {
    update([&](WriteTx& tx) {
      tx.create_bucket_if_not_exists("widgets").value().put(key, std::string(size, 'x')).value();
    });
  }
  // Overwrites `size` bytes of the file at `offset`. Precondition: closed.
  void overwrite(std::streamoff offset, std::size_t size, char byte) {
    std::fstream file(data(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file << std::string(size, byte);
  }
  std::optional<Errc> open_code(const OpenOptions& options = {}) {
    expect_damage();
    return code(Db::open(path(), options));
  }
};

TEST_F(BoltOpen, DB_Open) {
  put("k", 3);
  EXPECT_EQ(db().directory(), path());
  reopen();
  EXPECT_EQ(value("widgets", "k"), "xxx");
}

TEST_F(BoltOpen, DB_Open_ErrPathRequired) { EXPECT_FALSE(Db::open("")); }

TEST_F(BoltOpen, DB_Open_ErrNotExists) {
  EXPECT_EQ(code(Db::open(path() / "no" / "such", {.read_only = true})), Errc::not_found);
  EXPECT_EQ(code(Db::open(path() / "no" / "such", {.create = false})), Errc::not_found);
}

TEST_F(BoltOpen, DB_Open_ErrInvalid) {
  close();
  std::ofstream(data(), std::ios::trunc) << "this is not a database" << std::string(20000, '.');
  EXPECT_EQ(open_code(), Errc::corrupt);
  EXPECT_EQ(open_code({.read_only = true}), Errc::corrupt);
}

TEST_F(BoltOpen, DB_Open_ErrVersionMismatch) {
  close();
  constexpr std::streamoff kVersion = 20;  // behind the page header and the magic
  overwrite(kVersion, 1, 2);
  overwrite(4096 + kVersion, 1, 2);
  EXPECT_EQ(open_code(), Errc::version_mismatch);
}

TEST_F(BoltOpen, DB_Open_ErrChecksum) {
  close();
  overwrite(0, 200, '?');
  overwrite(4096, 200, '?');
  EXPECT_EQ(open_code(), Errc::corrupt);
}

// bbolt goes on with the second meta page; LMDB needs both to map a file, and its loss is said.
TEST_F(BoltOpen, DB_Open_ReadPageSize_FromMeta1) {
  put("k", 3);
  close();
  overwrite(0, 4096, 0);
  EXPECT_EQ(open_code(), Errc::corrupt);
}

TEST_F(BoltOpen, DB_Open_FileTooSmall) {
  put("k", 100000);
  close();
  std::filesystem::resize_file(data(), 4096);
  EXPECT_EQ(open_code(), Errc::corrupt);
  std::filesystem::resize_file(data(), 0);
  EXPECT_TRUE(open_code().has_value());
}

TEST_F(BoltOpen, DB_Open_ReadOnly_NoCreate) {
  close();
  const test::TempDir dir;
  EXPECT_EQ(code(Db::open(dir.path() / "absent", {.read_only = true})), Errc::not_found);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST_F(BoltOpen, Tx_Check_ReadOnly) {
  put("k", 10);
  close();
  const auto own = Db::open(path(), {.read_only = true}).value();
  EXPECT_TRUE(check(own, {}).value().clean());
  EXPECT_EQ(code(own.update([](WriteTx&) -> Result<void> { return {}; })), Errc::read_only);
}

// A small write into a store that was opened again reuses what is there.
TEST_F(BoltOpen, DB_Open_Size) {
  for (int i = 0; i < 100; ++i) put(std::to_string(i), 1000);
  const auto before = std::filesystem::file_size(data());
  for (int i = 0; i < 20; ++i) {
    reopen();
    put("again", 10);
  }
  EXPECT_LE(std::filesystem::file_size(data()), before + before / 4);
}

TEST_F(BoltOpen, DB_Open_Size_Large) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    for (int i = 0; i < 8000; ++i) bucket.put(std::to_string(i), std::string(1000, 'x')).value();
  });
  put("settled", 1);
  const auto before = std::filesystem::file_size(data());
  for (int i = 0; i < 5; ++i) {
    reopen();
    put("again", 1);
  }
  EXPECT_LE(std::filesystem::file_size(data()), before + (std::uintmax_t{1} << 20));
}

// bbolt needs a large enough first mapping for this; here no writer ever waits for a reader.
TEST_F(BoltOpen, DB_Open_InitialMmapSize) {
  put("small", 1);
  const auto reader = db().begin_read().value();
  put("large", std::size_t{16} << 20);
  EXPECT_FALSE(reader->bucket("widgets").value()->get("large").value().has_value());
  EXPECT_EQ(reader->bucket("widgets").value()->get("small").value(), "x");
}

TEST_F(BoltOpen, DB_HugeValue) {
  constexpr std::size_t kSize = std::size_t{32} << 20;
  put("huge", kSize);
  reopen();
  view([&](const ReadTx& tx) {
    const auto bytes = *tx.bucket("widgets").value()->get("huge").value();
    EXPECT_EQ(bytes.size(), kSize);
    EXPECT_EQ(bytes.find_first_not_of('x'), std::string_view::npos);
  });
}

// bbolt's Close waits; here the transaction keeps its environment alive.
TEST_F(BoltOpen, DB_Close_PendingTx_RO) {
  put("k", 3);
  const auto reader = db().begin_read().value();
  close();
  EXPECT_EQ(reader->bucket("widgets").value()->get("k").value(), "xxx");
}

TEST_F(BoltOpen, DB_Close_PendingTx_RW) {
  Db own = db();
  close();
  const auto result = own.update([&](WriteTx& tx) -> Result<void> {
    own = Db::open(path()).value();  // the handle that runs the closure is replaced meanwhile
    return tx.create_bucket("widgets").value().put("k", "kept");
  });
  EXPECT_TRUE(result);
  reopen();
  EXPECT_EQ(value("widgets", "k"), "kept");
}

TEST_F(BoltOpen, ManyDBs) {
  const test::TempDir dir;
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&, t] {
      const auto own = Db::open(dir.path() / std::to_string(t)).value();
      for (int i = 0; i < 3; ++i) {
        own.update([&](WriteTx& tx) -> Result<void> {
             return tx.create_bucket_if_not_exists("widgets").value().put(std::to_string(i), "v");
           })
            .value();
      }
      EXPECT_TRUE(check(own, {}).value().clean());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(BoltOpen, Bucket_Stats_Nested) {
  update([](WriteTx& tx) {
    auto foo = tx.create_bucket("foo").value();
    for (int i = 0; i < 100; ++i) foo.put(std::to_string(100 + i), std::to_string(i)).value();
    auto bar = foo.create_bucket("bar").value();
    for (int i = 0; i < 10; ++i) bar.put(std::to_string(i), std::to_string(i)).value();
    auto baz = bar.create_bucket("baz").value();
    for (int i = 0; i < 10; ++i) baz.put(std::to_string(i), std::to_string(i)).value();
  });
  view([](const ReadTx& tx) {
    const auto stats = bucket_stats(*tx.bucket("foo").value()).value();
    EXPECT_EQ(stats.buckets, 3u);
    EXPECT_EQ(stats.keys, 120u);
    EXPECT_EQ(stats.depth, 3u);
    EXPECT_EQ(stats.value_bytes, 190u + 10u + 10u);
    EXPECT_EQ(stats.key_bytes, 300u + 3u + 10u + 3u + 10u);
  });
}

TEST_F(BoltOpen, Bucket_Stats_Large) {
  constexpr int kKeys = 100000;
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    for (int i = 0; i < kKeys; ++i) bucket.put(std::to_string(i), std::to_string(i)).value();
  });
  view([](const ReadTx& tx) {
    const auto stats = bucket_stats(*tx.bucket("widgets").value()).value();
    EXPECT_EQ(stats.keys, static_cast<std::uint64_t>(kKeys));
    EXPECT_EQ(stats.value_bytes, stats.key_bytes);
    EXPECT_EQ(stats.buckets, 1u);
    EXPECT_EQ(stats.inline_buckets, 0u);
  });
}

// What one process wrote, of every size, another reads and changes.
TEST_F(BoltOpen, Reopen_BySecondProcess) {
  update([](WriteTx& tx) {
    auto widgets = tx.create_bucket("widgets").value();
    auto record = widgets.create_bucket("record").value();
    record.put("field", "small").value();
    record.create_bucket("labels").value().put("a", "b").value();
    widgets.put(std::string(1000, 'k'), std::string(20000, 'v')).value();
    widgets.set_sequence(41).value();
  });
  const int status = run_in_child([&] {
    const auto own = Db::open(path()).value();
    return own
        .update([](WriteTx& tx) -> Result<int> {
          auto widgets = *tx.bucket("widgets").value();
          if (widgets.get(std::string(1000, 'k')).value() != std::string(20000, 'v')) return 1;
          if (widgets.next_sequence().value() != 42) return 2;
          auto record = *widgets.bucket("record").value();
          if (record.get("field").value() != "small") return 3;
          record.bucket("labels").value()->put("c", std::string(2000, 'd')).value();
          return 0;
        })
        .value();
  });
  EXPECT_EQ(status, 0);
  view([](const ReadTx& tx) {
    const auto labels = *root_bucket(tx).descend({"widgets", "record", "labels"}).value();
    EXPECT_EQ(labels.get("a").value(), "b");
    EXPECT_EQ(labels.get("c").value()->size(), 2000u);
  });
}

}  // namespace
}  // namespace bayplan::metadata
