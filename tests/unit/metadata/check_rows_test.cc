// Damage planted row by row, behind the library's back, with checksums that hold.
#include <lmdb.h>

#include <algorithm>
#include <fstream>

#include "bayplan/metadata/digest.h"
#include "byte_order.h"
#include "header.h"
#include "lmdb_value.h"
#include "row.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

std::string number(std::uint64_t value) {
  std::string payload;
  append_le(payload, value);
  return payload;
}

class CheckRows : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    expect_damage();
    update([&](WriteTx& tx) {
      auto a = tx.create_bucket("a").value();
      a.put("k1", "v1").value();
      a.put("k2", "v2").value();
      a.put("k3", "v3").value();
      a.put(std::string(600, 'l'), "long").value();  // too long a key for an inline bucket
      auto b = tx.create_bucket("b").value();
      b.put("large", std::string(600, 'v')).value();
      b.erase("large").value();
    });
    view([&](const ReadTx& tx) {
      a_ = tx.bucket("a").value()->handle().id;
      b_ = tx.bucket("b").value()->handle().id;
    });
  }

  // Calls `change(txn, rows)` on the raw environment.
  template <class F>
  void plant(F change) {
    close();
    MDB_env* env = nullptr;
    ASSERT_EQ(::mdb_env_create(&env), 0);
    ASSERT_EQ(::mdb_env_set_maxdbs(env, 1), 0);
    ASSERT_EQ(::mdb_env_open(env, path().c_str(), MDB_NOTLS, 0600), 0);
    MDB_txn* txn = nullptr;
    ASSERT_EQ(::mdb_txn_begin(env, nullptr, 0, &txn), 0);
    MDB_dbi rows = 0;
    ASSERT_EQ(::mdb_dbi_open(txn, "rows", 0, &rows), 0);
    change(txn, rows);
    sign(txn);
    ASSERT_EQ(::mdb_txn_commit(txn), 0);
    ::mdb_env_close(env);
    reopen();
  }

  // As every commit does.
  void sign(MDB_txn* txn) {
    MDB_dbi main = 0;
    ASSERT_EQ(::mdb_dbi_open(txn, nullptr, 0, &main), 0);
    MDB_val key = to_val(kHeaderKey);
    MDB_val value{};
    ASSERT_EQ(::mdb_get(txn, main, &key, &value), 0);
    Header header = decode_header(to_view(value)).value();
    header.txn = ::mdb_txn_id(txn);
    const std::string bytes = encode_header(header);
    value = to_val(bytes);
    ASSERT_EQ(::mdb_put(txn, main, &key, &value, 0), 0);
  }

  void plant_bytes(std::string_view row_key, std::string_view bytes) {
    plant([&](MDB_txn* txn, MDB_dbi rows) {
      MDB_val key = to_val(row_key);
      MDB_val value = to_val(bytes);
      ASSERT_EQ(::mdb_put(txn, rows, &key, &value, 0), 0);
    });
  }
  static void put_row(MDB_txn* txn, MDB_dbi rows, const RowKey& row_key, const Row& row) {
    std::string bytes(kRowHeaderBytes + row.payload.size(), '\0');
    encode_row(row_key.bytes(), row, bytes.data());
    MDB_val key = to_val(row_key.bytes());
    MDB_val value = to_val(bytes);
    ASSERT_EQ(::mdb_put(txn, rows, &key, &value, 0), 0);
  }
  void plant_row(const RowKey& key, const Row& row) {
    plant([&](MDB_txn* txn, MDB_dbi rows) { put_row(txn, rows, key, row); });
  }

  std::vector<std::string> problems() {
    std::vector<std::string> found;
    for (const Problem& problem : check(db(), {}).value().problems) {
      found.push_back(problem.object.key + ": " + problem.what);
    }
    return found;
  }
  void expect_problem(std::string_view object, std::string_view what) {
    const auto found = problems();
    EXPECT_TRUE(std::ranges::any_of(found, [&](const std::string& problem) {
      return problem.starts_with(object) && problem.find(what) != std::string::npos;
    })) << ::testing::PrintToString(found);
  }

  std::uint64_t a_ = 0;
  std::uint64_t b_ = 0;
};

TEST_F(CheckRows, a_sound_store_has_no_problems) { EXPECT_TRUE(problems().empty()); }

TEST_F(CheckRows, a_damaged_value) {
  plant_bytes(RowKey(a_, "k2").bytes(), "garbage that is long enough");
  expect_problem("/a", "checksum");
  EXPECT_EQ(problems().size(), 1u);
  view([](const ReadTx& tx) {
    const auto bucket = *tx.bucket("a").value();
    EXPECT_EQ(code(bucket.get("k2")), Errc::corrupt);
    EXPECT_EQ(bucket.get("k1").value(), "v1") << "damage stays where it is";
    const auto cursor = bucket.cursor().value();
    EXPECT_EQ(key_of(cursor->first()), "k1");
    EXPECT_EQ(code(cursor->next()), Errc::corrupt);
    EXPECT_EQ(key_of(cursor->next()), "k3") << "a cursor goes on behind it";
    EXPECT_EQ(code(cursor->prev()), Errc::corrupt);
    EXPECT_EQ(key_of(cursor->prev()), "k1");
  });
}

TEST_F(CheckRows, damage_is_named_by_its_path) {
  update([&](WriteTx& tx) {
    auto deep =
        tx.bucket("a").value()->create_bucket(std::string(510, 'n')).value().create_bucket("deep").value();
    deep.put("large", std::string(2000, 'v')).value();
    deep.put("other", "value").value();
  });
  std::uint64_t deep_id = 0;
  const std::string name(510, 'n');
  view([&](const ReadTx& tx) {
    deep_id = tx.bucket("a").value()->descend({name, "deep"}).value()->handle().id;
  });
  ASSERT_NE(deep_id, 0u);
  plant_bytes(RowKey(deep_id, "large").bytes(), "garbage that is long enough");
  view([&](const ReadTx& tx) {
    const auto deep = *tx.bucket("a").value()->descend({name, "deep"}).value();
    const auto damaged = deep.get("large");
    EXPECT_EQ(code(damaged), Errc::corrupt);
    const std::string text = damaged.error().to_string();
    EXPECT_NE(text.find("/a/nnn"), std::string::npos) << text;
    EXPECT_NE(text.find("\"large\""), std::string::npos) << text;
    EXPECT_EQ(deep.get("other").value(), "value");
  });
}

TEST_F(CheckRows, nothing_is_deleted_where_something_is_damaged) {
  plant_bytes(RowKey(a_, "k2").bytes(), "garbage that is long enough");
  update([](WriteTx& tx) {
    EXPECT_EQ(code(tx.delete_bucket("a")), Errc::corrupt);
    EXPECT_EQ(tx.bucket("a").value()->get("k1").value(), "v1");
  });
}

TEST_F(CheckRows, a_value_of_another_row) {
  plant([&](MDB_txn* txn, MDB_dbi rows) {
    const RowKey from(a_, "k1");
    const RowKey to(a_, "k2");
    MDB_val key = to_val(from.bytes());
    MDB_val value{};
    ASSERT_EQ(::mdb_get(txn, rows, &key, &value), 0);
    std::string bytes(to_view(value));
    key = to_val(to.bytes());
    value = to_val(bytes);
    ASSERT_EQ(::mdb_put(txn, rows, &key, &value, 0), 0);
  });
  expect_problem("/a", "checksum");
}

TEST_F(CheckRows, a_row_of_a_newer_format) {
  plant_row(RowKey(a_, "k2"), {Tag::compressed_value, 1, "something"});
  expect_problem("/a", "unknown kind");
  view([](const ReadTx& tx) { EXPECT_EQ(code(tx.bucket("a").value()->get("k2")), Errc::version_mismatch); });
}

TEST_F(CheckRows, a_malformed_inline_bucket) {
  plant_row(RowKey(a_, "k2"), {Tag::inline_bucket, 1, "something"});
  expect_problem("/a/k2", "beyond the end");
  update([](WriteTx& tx) {
    auto a = *tx.bucket("a").value();
    EXPECT_EQ(code(a.bucket("k2").value()->put("k", "v")), Errc::corrupt);
    a.delete_bucket("k2").value();
  });
  EXPECT_TRUE(problems().empty()) << "what is damaged can be deleted: it leads nowhere";
}

TEST_F(CheckRows, an_inline_bucket_out_of_order) {
  const std::string entries{"\1\1\0bx\1\1\0ay", 10};
  plant_row(RowKey(a_, "k2"), {Tag::inline_bucket, 1, entries});
  expect_problem("id " + std::to_string(a_), "out of order");
}

TEST_F(CheckRows, an_inline_bucket_deeper_than_any) {
  std::string bucket;
  for (int level = 0; level < 20; ++level) {
    std::string around{"\x81", 1};
    around += static_cast<char>(bucket.size());
    around += '\0';
    bucket = around + 'k' + bucket;
  }
  plant_row(RowKey(a_, "k2"), {Tag::inline_bucket, 1, bucket});
  expect_problem("id " + std::to_string(a_), "too deep");
}

TEST_F(CheckRows, rows_that_nothing_leads_to) {
  plant_row(RowKey(b_ + 1000, "lost"), {Tag::value, 1, "v"});
  expect_problem("id " + std::to_string(b_ + 1000), "nothing leads to it");
  expect_problem("header", "next bucket id");
}

TEST_F(CheckRows, a_bucket_with_two_names) {
  plant_row(RowKey(kRootBucketId, "second name"), {Tag::bucket, 1, number(a_)});
  expect_problem("id " + std::to_string(a_), "two rows lead to it");
  expect_problem("/second name", "reached twice");
}

TEST_F(CheckRows, a_bucket_inside_itself) {
  plant_row(RowKey(a_, "down"), {Tag::bucket, 1, number(a_)});
  expect_problem("/a/down", "reached twice");
  update([](WriteTx& tx) { EXPECT_EQ(code(tx.delete_bucket("a")), Errc::corrupt); });
}

TEST_F(CheckRows, a_chain_that_leads_nowhere) {
  const RowKey chain = RowKey::chain(b_, std::string(kMaxChunkBytes, 'x'));
  plant_row(chain, {Tag::chain, 1, number(b_ + 1)});
  expect_problem("/b", "chain of a long key is empty");
  EXPECT_LT(problems().size(), 4u) << "the walk goes on behind it";
}

TEST_F(CheckRows, a_chain_that_leads_into_itself) {
  const RowKey chain = RowKey::chain(b_, std::string(kMaxChunkBytes, 'x'));
  plant_row(chain, {Tag::chain, 1, number(b_)});
  expect_problem("/b", "does not end");
  view([](const ReadTx& tx) {
    const auto bucket = *tx.bucket("b").value();
    EXPECT_EQ(code(bucket.get(std::string(100000, 'x'))), Errc::corrupt);
  });
}

// Each holds the next one twice: a walk along all ways would not end.
TEST_F(CheckRows, chains_that_meet_again_and_again) {
  plant([&](MDB_txn* txn, MDB_dbi rows) {
    for (std::uint64_t level = 0; level < 60; ++level) {
      const std::uint64_t next = b_ + 1001 + level;
      for (const char c : {'x', 'y'}) {
        const RowKey chain = RowKey::chain(level == 0 ? b_ : next - 1, std::string(kMaxChunkBytes, c));
        put_row(txn, rows, chain, {Tag::chain, 1, number(next)});
      }
    }
    put_row(txn, rows, RowKey(b_ + 1060, "end"), {Tag::value, 1, "v"});
  });
  expect_problem("/b", "more is reached than there are rows");
  expect_problem("id " + std::to_string(b_ + 1001), "two rows lead to it");
  view([](const ReadTx& tx) {
    EXPECT_EQ(code(logical_digest(root_bucket(tx))), Errc::corrupt);
    const auto cursor = tx.bucket("b").value()->cursor().value();
    auto entry = cursor->last();
    while (entry && *entry) entry = cursor->prev();
    EXPECT_EQ(code(entry), Errc::corrupt);
  });
}

TEST_F(CheckRows, buckets_that_meet_again_and_again) {
  plant([&](MDB_txn* txn, MDB_dbi rows) {
    for (std::uint64_t level = 0; level < 60; ++level) {
      const std::uint64_t next = b_ + 1001 + level;
      for (const char* name : {"x", "y"})
        put_row(txn, rows, RowKey(level == 0 ? b_ : next - 1, name), {Tag::bucket, 1, number(next)});
    }
  });
  expect_problem("/b/y", "reached twice");
  view([](const ReadTx& tx) { EXPECT_EQ(code(logical_digest(root_bucket(tx))), Errc::corrupt); });
}

TEST_F(CheckRows, a_malformed_inline_bucket_is_not_moved) {
  const std::string bucket("\x01\x05\x00k", 4);
  plant_row(RowKey(a_, "k2"), {Tag::inline_bucket, 1, bucket});
  update([](WriteTx& tx) {
    auto a = *tx.bucket("a").value();
    auto other = tx.create_bucket("other").value();
    EXPECT_EQ(code(a.move_bucket("k2", other, "moved")), Errc::corrupt);
    EXPECT_EQ(code(a.move_bucket("k2", other, std::string(600, 'm'))), Errc::corrupt);
    EXPECT_TRUE(a.bucket("k2").value()) << "it is still where it was";
  });
}

TEST_F(CheckRows, a_revision_of_the_future) {
  plant_row(RowKey(a_, "k2"), {Tag::value, 77, "v"});
  expect_problem("header", "revision");
}

TEST_F(CheckRows, an_old_meta_page_that_passes_for_the_newest) {
  for (int i = 0; i < 4; ++i)
    update([&](WriteTx& tx) { tx.bucket("a").value()->put("k1", std::to_string(i)).value(); });
  close();
  std::fstream file(path() / "data.mdb", std::ios::in | std::ios::out | std::ios::binary);
  const std::streamoff page = 4096;
  const std::streamoff at = 16 + 128;
  std::uint64_t numbers[2] = {};
  for (const int meta : {0, 1}) {
    file.seekg(meta * page + at);
    file.read(reinterpret_cast<char*>(&numbers[meta]), 8);
  }
  const int older = numbers[0] < numbers[1] ? 0 : 1;
  numbers[older] += 2;
  file.seekp(older * page + at);
  file.write(reinterpret_cast<const char*>(&numbers[older]), 8);
  file.close();
  EXPECT_EQ(code(Db::open(path())), Errc::corrupt);
  numbers[older] += 1;
  file.open(path() / "data.mdb", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(older * page + at);
  file.write(reinterpret_cast<const char*>(&numbers[older]), 8);
  file.close();
  EXPECT_EQ(code(Db::open(path())), Errc::corrupt);
}

TEST_F(CheckRows, a_key_too_short_for_a_row) {
  plant_bytes("short", "anything");
  expect_problem("environment", "too short");
}

}  // namespace
}  // namespace bayplan::metadata
