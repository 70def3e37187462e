#include "bayplan/metadata/backup.h"

#include <algorithm>
#include <csignal>
#include <ctime>

#include "bayplan/base/file.h"
#include "bayplan/metadata/digest.h"
#include "create.h"
#include "lmdb_error.h"
#include "lmdb_value.h"
#include "tx_state.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kBytesPerTransaction = std::size_t{16} << 20;
constexpr std::size_t kRowsPerProgress = 4096;

// Fills a new environment with the rows that a read transaction sees.
class RowCopier {
 public:
  RowCopier(ReadState& from, MDB_env* to, const Control& control) : from_(from), to_(to), control_(control) {}
  ~RowCopier() {
    if (cursor_ != nullptr) ::mdb_cursor_close(cursor_);
    if (txn_ != nullptr) ::mdb_txn_abort(txn_);
  }
  RowCopier(const RowCopier&) = delete;
  RowCopier& operator=(const RowCopier&) = delete;

  Result<void> run() {
    // Durable at the end, all at once: the new environment has no name before.
    ::mdb_env_set_flags(to_, MDB_NOSYNC, 1);
    BAYPLAN_TRY(begin(MDB_CREATE));
    BAYPLAN_TRY(copy_rows());
    BAYPLAN_TRY(copy_header());
    BAYPLAN_TRY(done(::mdb_txn_commit(std::exchange(txn_, nullptr)), "mdb_txn_commit"));
    return done(::mdb_env_sync(to_, 1), "mdb_env_sync");
  }

 private:
  Result<void> done(int rc, const char* call) const {
    if (rc == 0) return {};
    int fd = -1;
    ::mdb_env_get_fd(to_, &fd);
    return lmdb_error(rc, call, fd);
  }

  Result<void> begin(unsigned int flags) {
    BAYPLAN_TRY(done(::mdb_txn_begin(to_, nullptr, 0, &txn_), "mdb_txn_begin"));
    BAYPLAN_TRY(done(::mdb_dbi_open(txn_, nullptr, 0, &main_), "mdb_dbi_open"));
    return done(::mdb_dbi_open(txn_, "rows", flags, &rows_), "mdb_dbi_open");
  }

  Result<void> next_transaction() {
    BAYPLAN_TRY(done(::mdb_txn_commit(std::exchange(txn_, nullptr)), "mdb_txn_commit"));
    pending_ = 0;
    return begin(0);
  }

  Result<void> copy_rows() {
    BAYPLAN_TRY(done(::mdb_cursor_open(from_.txn(), from_.environment->rows(), &cursor_), "mdb_cursor_open"));
    MDB_val key{};
    MDB_val value{};
    int rc = ::mdb_cursor_get(cursor_, &key, &value, MDB_FIRST);
    for (std::size_t rows = 1; rc == 0; rc = ::mdb_cursor_get(cursor_, &key, &value, MDB_NEXT), ++rows) {
      BAYPLAN_TRY(copy_row(key, value));
      if (rows % kRowsPerProgress != 0) continue;
      if (control_.progress) control_.progress({"compact", "rows", copied_, 0});
      BAYPLAN_TRY(control_.cancel.check());
    }
    return rc == MDB_NOTFOUND ? Result<void>{} : done(rc, "mdb_cursor_get");
  }

  Result<void> copy_row(MDB_val key, MDB_val value) {
    const auto row = decode_row(to_view(key), to_view(value));
    if (!row) return row.error();
    const std::size_t size = key.mv_size + value.mv_size;
    pending_ += size;
    copied_ += size;
    BAYPLAN_TRY(done(::mdb_put(txn_, rows_, &key, &value, MDB_APPEND), "mdb_put"));
    return pending_ < kBytesPerTransaction ? Result<void>{} : next_transaction();
  }

  Result<void> copy_header() {
    BAYPLAN_ASSIGN(Header header, from_.environment->read_header(from_.txn()));
    header.txn = ::mdb_txn_id(txn_);
    const std::string encoded = encode_header(header);
    MDB_val key = to_val(kHeaderKey);
    MDB_val value = to_val(encoded);
    return done(::mdb_put(txn_, main_, &key, &value, 0), "mdb_put");
  }

  ReadState& from_;
  MDB_env* to_;
  const Control& control_;
  MDB_cursor* cursor_ = nullptr;
  MDB_txn* txn_ = nullptr;
  MDB_dbi main_ = 0;
  MDB_dbi rows_ = 0;
  std::size_t pending_ = 0;
  std::uint64_t copied_ = 0;
};

Result<void> compare(const ReadTx& original, const std::filesystem::path& directory) {
  BAYPLAN_ASSIGN(const Digest wanted, logical_digest(root_bucket(original)));
  BAYPLAN_ASSIGN(const Db copy, Db::open(directory, {.create = false}));
  BAYPLAN_ASSIGN(const Digest made,
                 copy.view([](const ReadTx& tx) { return logical_digest(root_bucket(tx)); }));
  if (made == wanted) return {};
  return Error(Errc::corrupt, "copy", directory.native(), "differs from what was copied");
}

// A reader of a pipe that goes away must not end the process.
class BrokenPipesAreErrors {
 public:
  BrokenPipesAreErrors() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~BrokenPipesAreErrors() {
    const timespec now{};
    if (!was_pending_) ::sigtimedwait(&pipe_, nullptr, &now);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  BrokenPipesAreErrors(const BrokenPipesAreErrors&) = delete;
  BrokenPipesAreErrors& operator=(const BrokenPipesAreErrors&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

Result<void> remove_copy(const std::filesystem::path& directory) {
  BAYPLAN_ASSIGN(const UniqueFd parent, file::open_dir(directory.parent_path()));
  BAYPLAN_TRY(file::remove_tree(parent.get(), directory.filename()));
  return {};
}

}  // namespace

Result<void> backup(const Db& db, int fd) {
  BAYPLAN_ASSIGN(const auto tx, db.begin_read());
  const ReadState& state = state_of(*tx);
  if (state.environment->writes()) {
    return Error(Errc::failed_precondition, "store", db.directory().native(),
                 "this thread is inside a write transaction")
        .with_advice("a backup begins when no writer is at work");
  }
  const BrokenPipesAreErrors guard;
  const int rc = ::mdb_env_copyfd2(state.environment->env(), fd, 0);
  if (rc == 0) return {};
  return lmdb_error(rc, "mdb_env_copyfd2", fd).with_context("store", db.directory().native());
}

Result<void> compact(const Db& db, const std::filesystem::path& directory, const Control& control) {
  BAYPLAN_TRY(control.cancel.check());
  BAYPLAN_ASSIGN(const auto tx, db.begin_read());
  ReadState& state = state_of(*tx);
  BAYPLAN_ASSIGN(const DbStats stats, db.stats());
  const auto fill = [&](MDB_env* env) { return RowCopier(state, env, control).run(); };
  // Not the original's map: address space may be scarce, and a copy without free pages is no larger.
  const std::uint64_t map_bytes = 2 * std::max(stats.file_bytes, kSmallestMap);
  BAYPLAN_ASSIGN(const bool built, build_environment(directory, map_bytes, fill));
  if (!built) return Error(Errc::already_exists, "directory", directory.native());
  // Before the copy is compared: what was asked to stop leaves nothing behind.
  auto compared = control.cancel.check();
  if (compared) compared = compare(*tx, directory);
  if (!compared) ignore_error(remove_copy(directory), "what was found wrong says more");
  return compared;
}

}  // namespace bayplan::metadata
