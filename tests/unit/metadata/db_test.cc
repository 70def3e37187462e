#include <lmdb.h>
#include <sys/resource.h>

#include <csignal>

#include "child_process.h"
#include "header.h"
#include "lmdb_value.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class DbTest : public StoreTest {
 protected:
  Result<void> put_bytes(const Db& db, const std::string& key, std::size_t size) {
    return db.update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("widgets"));
      return bucket.put(key, std::string(size, 'x'));
    });
  }
  // Replaces the header row behind the library's back. Precondition: nothing is open.
  void plant_header(Header header) {
    MDB_env* env = nullptr;
    ASSERT_EQ(::mdb_env_create(&env), 0);
    ASSERT_EQ(::mdb_env_open(env, path().c_str(), MDB_NOTLS, 0600), 0);
    MDB_txn* txn = nullptr;
    ASSERT_EQ(::mdb_txn_begin(env, nullptr, 0, &txn), 0);
    MDB_dbi main = 0;
    ASSERT_EQ(::mdb_dbi_open(txn, nullptr, 0, &main), 0);
    header.txn = ::mdb_txn_id(txn);
    const std::string bytes = encode_header(header);
    MDB_val key = to_val(kHeaderKey);
    MDB_val value = to_val(bytes);
    ASSERT_EQ(::mdb_put(txn, main, &key, &value, 0), 0);
    ASSERT_EQ(::mdb_txn_commit(txn), 0);
    ::mdb_env_close(env);
  }
};

TEST_F(DbTest, stores_and_reopens) {
  update([](WriteTx& tx) { tx.create_bucket("settings").value().put("colour", "blue").value(); });
  reopen();
  EXPECT_EQ(value("settings", "colour"), "blue");
}

TEST_F(DbTest, closure_results_come_through) {
  EXPECT_EQ(db().view([](const ReadTx&) -> Result<int> { return 7; }).value(), 7);
  EXPECT_EQ(db().update([](WriteTx&) -> Result<std::string> { return "seven"; }).value(), "seven");
}

TEST_F(DbTest, stats_tell_what_is_there) {
  ASSERT_TRUE(put_bytes(db(), "k", 10000));
  const auto reader = db().begin_read().value();
  const DbStats stats = db().stats().value();
  EXPECT_EQ(stats.rows, 2u);
  EXPECT_EQ(stats.depth, 1u);
  EXPECT_EQ(stats.revision, 1u);
  EXPECT_EQ(stats.readers, 1u) << "not the one that stats uses";
  EXPECT_EQ(stats.max_readers, 1024u);
  EXPECT_EQ(stats.format_version, 1u);
  EXPECT_EQ(stats.uuid.size(), 36u);
  EXPECT_GE(stats.file_bytes, 10000u);
  EXPECT_GE(stats.map_bytes, stats.file_bytes);
  EXPECT_GE(stats.used_pages, 4u);
}

TEST_F(DbTest, uuid_stays) {
  const std::string before = db().stats().value().uuid;
  reopen();
  EXPECT_EQ(db().stats().value().uuid, before);
}

TEST_F(DbTest, diagnoses_through_the_sink_of_its_own_open) {
  std::string heard;
  OpenOptions options;
  options.diagnostics = [&](const Diagnostic& diagnostic) { heard = diagnostic.message; };
  const auto own = Db::open(path(), options).value();
  own.diagnose({Level::info, "hello", {}});
  db().diagnose({Level::info, "nobody listens", {}});
  EXPECT_EQ(heard, "hello");
}

TEST_F(DbTest, readers_do_not_run_out_quietly) {
  close();
  const test::TempDir dir;
  const auto few = Db::open(dir.path() / "few", {.max_readers = 4}).value();
  std::vector<std::unique_ptr<const ReadTx>> readers;
  Result<std::unique_ptr<const ReadTx>> next = few.begin_read();
  for (; next; next = few.begin_read()) readers.push_back(std::move(*next));
  EXPECT_EQ(code(next), Errc::busy);
  EXPECT_EQ(readers.size(), 4u);
  readers.pop_back();
  EXPECT_TRUE(few.begin_read());
}

TEST_F(DbTest, a_full_map_is_too_large_and_loses_nothing) {
  close();
  const test::TempDir dir;
  const auto small = Db::open(dir.path() / "small", {.map_bytes = 1 << 20}).value();
  ASSERT_TRUE(put_bytes(small, "first", 1000));
  EXPECT_EQ(code(put_bytes(small, "huge", 4 << 20)), Errc::too_large);
  EXPECT_TRUE(put_bytes(small, "second", 1000));
  EXPECT_TRUE(check(small, {}).value().clean());
}

// A closure that hides the failure of a write does not get half of its work committed.
TEST_F(DbTest, a_swallowed_write_failure_still_undoes_everything) {
  close();
  const test::TempDir dir;
  const auto small = Db::open(dir.path() / "small", {.map_bytes = 1 << 20}).value();
  const auto result = small.update([](WriteTx& tx) -> Result<void> {
    auto bucket = tx.create_bucket("widgets").value();
    EXPECT_FALSE(bucket.put("huge", std::string(4 << 20, 'x')));
    return {};
  });
  EXPECT_EQ(code(result), Errc::too_large);
  EXPECT_EQ(small.stats().value().rows, 0u);
}

TEST_F(DbTest, a_full_map_inside_a_savepoint_harms_the_savepoint_only) {
  close();
  const test::TempDir dir;
  const auto small = Db::open(dir.path() / "small", {.map_bytes = 1 << 20}).value();
  const auto result = small.update([](WriteTx& tx) -> Result<void> {
    auto bucket = tx.create_bucket("widgets").value();
    const auto inner = tx.savepoint([](WriteTx& at) -> Result<void> {
      return at.bucket("widgets").value()->put("huge", std::string(4 << 20, 'x'));
    });
    EXPECT_EQ(code(inner), Errc::too_large);
    return bucket.put("small", "fits");
  });
  EXPECT_TRUE(result) << result.error().to_string();
  EXPECT_TRUE(check(small, {}).value().clean());
}

// Through a file size limit, which needs no privileges: LMDB's short write looks like an I/O error.
TEST_F(DbTest, a_failed_commit_undoes_everything_and_the_store_goes_on) {
  ASSERT_TRUE(put_bytes(db(), "first", 1000));
  close();
  const int status = run_in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const auto own = Db::open(path()).value();
    const rlimit tight{1 << 17, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &tight);
    if (put_bytes(own, "huge", 1 << 20)) return 1;
    const rlimit wide{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &wide);
    if (!put_bytes(own, "second", 1000)) return 2;
    return check(own, {}).value().clean() ? 0 : 3;
  });
  EXPECT_EQ(status, 0);
  reopen();
  EXPECT_FALSE(value("widgets", "huge").has_value());
  EXPECT_TRUE(value("widgets", "second").has_value());
}

TEST_F(DbTest, a_map_that_another_process_enlarged_is_adopted) {
  close();
  const auto small = Db::open(path(), {.map_bytes = 1 << 20}).value();
  ASSERT_TRUE(put_bytes(small, "first", 1000));
  const int status = run_in_child([&] {
    const auto own = Db::open(path());
    return own && put_bytes(*own, "huge", 4 << 20) ? 0 : 1;
  });
  ASSERT_EQ(status, 0);
  const auto size = small.view([](const ReadTx& tx) -> Result<std::size_t> {
    return tx.bucket("widgets").value()->get("huge").value()->size();
  });
  ASSERT_TRUE(size) << size.error().to_string();
  EXPECT_EQ(*size, std::size_t{4} << 20);
}

TEST_F(DbTest, address_space_is_halved_until_it_fits) {
  close();
  const int status = run_in_child([&] {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BAYPLAN_TEST_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(BAYPLAN_TEST_SANITIZED)
    return 0;  // a sanitizer's shadow leaves no room for a limit
#else
    const rlimit limit{std::uint64_t{8} << 30, RLIM_INFINITY};
    ::setrlimit(RLIMIT_AS, &limit);
    const auto own = Db::open(path());
    return own && own->stats().value().map_bytes < (std::uint64_t{8} << 30) ? 0 : 1;
#endif
  });
  EXPECT_EQ(status, 0);
}

TEST_F(DbTest, unknown_features_are_refused_or_read_only) {
  close();
  Header header;
  header.compatible = 1;
  plant_header(header);
  EXPECT_TRUE(Db::open(path()));
  header.read_only_compatible = 1;
  plant_header(header);
  EXPECT_EQ(code(Db::open(path())), Errc::version_mismatch);
  EXPECT_TRUE(Db::open(path(), {.read_only = true}));
  header.incompatible = 1;
  plant_header(header);
  EXPECT_EQ(code(Db::open(path())), Errc::version_mismatch);
  EXPECT_EQ(code(Db::open(path(), {.read_only = true})), Errc::version_mismatch);
}

TEST_F(DbTest, a_foreign_environment_is_refused) {
  close();
  const test::TempDir dir;
  MDB_env* env = nullptr;
  ASSERT_EQ(::mdb_env_create(&env), 0);
  ASSERT_EQ(::mdb_env_open(env, dir.path().c_str(), MDB_NOTLS, 0600), 0);
  ::mdb_env_close(env);
  EXPECT_EQ(code(Db::open(dir.path())), Errc::corrupt);
}

}  // namespace
}  // namespace bayplan::metadata
