// What stands behind ReadTx and WriteTx.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "arena.h"
#include "bayplan/metadata/tx.h"
#include "environment.h"
#include "inline_bucket.h"
#include "open_buckets.h"
#include "row.h"

namespace bayplan::metadata {

class RowCursor;
struct BucketSteps;

/// One write transaction with its savepoints, which are its levels; level 0 is the transaction itself.
/// Only the innermost level may be used.
class WriteCore {
 public:
  WriteCore(std::shared_ptr<Environment> environment, MDB_txn* txn, const Header& header);
  /// Precondition: commit() or abort() was called.
  ~WriteCore() = default;
  WriteCore(const WriteCore&) = delete;
  WriteCore& operator=(const WriteCore&) = delete;

  std::size_t level() const noexcept { return levels_.size() - 1; }
  bool ended() const noexcept { return ended_; }
  /// Why the innermost level can only be undone, if it can.
  const std::optional<Error>& broken() const noexcept { return levels_.back().broken; }
  /// The LMDB transaction that sees everything written so far.
  MDB_txn* txn() const noexcept;
  /// Changes with every write and every undo: what was read from LMDB's pages before may have moved.
  std::uint64_t version() const noexcept { return version_; }
  std::uint64_t revision() const noexcept { return header_.revision + 1; }
  Arena& arena() noexcept { return arena_; }

  /// Header::collection as this transaction will leave it.
  std::uint64_t collection() const noexcept { return header_.collection; }
  /// Counts only in a transaction that also writes a row.
  void set_collection(std::uint64_t epoch) noexcept { header_.collection = epoch; }

  /// As mdb_cursor_get with MDB_SET.
  int find_row(MDB_val* key, MDB_val* stored) noexcept;
  Result<void> put_row(const RowKey& key, Tag tag, std::string_view payload);
  /// Absent is fine.
  Result<void> erase_row(const RowKey& key);
  /// Removes every row of bucket `id`.
  Result<void> erase_rows(std::uint64_t id);
  std::uint64_t allocate_id() noexcept;

  OpenBuckets& buckets() noexcept { return buckets_; }
  const OpenBuckets& buckets() const noexcept { return buckets_; }

  /// The row of the inline bucket that was changed last, as it will be written: by flush(), which everything
  /// that reads or writes other rows calls first. A record is thus written once, however many keys it has.
  struct Pending {
    OpenBucketId host = 0;  // 0: nothing is pending
    RowKey row{0, {}};
    InlineBuffer buffer{};
    std::uint64_t revision = 0;  // of the row as it is
    bool changed = false;
  };
  Pending* pending(OpenBucketId host) noexcept { return pending_.host == host ? &pending_ : nullptr; }
  /// Precondition: nothing is pending.
  Pending& begin_pending(OpenBucketId host, const RowKey& row, std::string_view bytes,
                         std::uint64_t revision);
  void drop_pending() noexcept { pending_.host = 0; }
  /// Errors: no_space, io.
  Result<void> flush() { return pending_.host == 0 ? Result<void>{} : flush_pending(); }

  /// Errors: those of flush().
  Result<void> begin_level();
  /// Keeps what the innermost level did. After an error the level still has to be undone.
  Result<void> commit_level();
  void abort_level() noexcept;
  /// Durable, then hooks. After an error everything is undone and on_abort hooks have run.
  Result<void> commit();
  void abort() noexcept;

  void on_commit(std::function<void()> hook) { commit_hooks_.push_back(std::move(hook)); }
  /// For who runs them instead of commit(), later. Precondition: no savepoint is open.
  std::vector<std::function<void()>> take_commit_hooks() noexcept { return std::exchange(commit_hooks_, {}); }
  void on_abort(std::function<void()> hook) { abort_hooks_.push_back(std::move(hook)); }
  /// What is told of this transaction after its commit, unless nobody listened when it began.
  void tell(std::string_view kind, std::string_view ns, std::string_view key, Change change);

  /// Open LMDB cursors, which must not survive the LMDB transaction that they were opened in.
  void attach(RowCursor* cursor) { cursors_.insert(cursor); }
  void detach(RowCursor* cursor) noexcept { cursors_.erase(cursor); }

 private:
  struct Level {
    MDB_txn* txn = nullptr;  // begun with the level's first write
    bool promoted = false;   // txn is the outermost's, which had written nothing
    bool wrote = false;      // with a txn of its own
    std::optional<Error> broken{};
    Header header{};  // as it was when the level began
    std::size_t commit_hooks = 0;
    std::size_t abort_hooks = 0;
    std::size_t events = 0;
    std::size_t buckets = 0;
  };

  int take_seat() noexcept;
  Result<MDB_txn*> writable();
  MDB_txn* promotable() const noexcept;
  void restart() noexcept;
  Error broken(Error error);
  void drop_cursors() noexcept;
  void undo(const Level& level) noexcept;
  bool changed() const noexcept;
  Result<void> commit_txn();
  Result<void> flush_pending();

  std::shared_ptr<Environment> environment_;
  std::vector<Level> levels_;
  Header header_;
  bool ended_ = false;
  std::uint64_t version_ = 0;
  OpenBuckets buckets_;
  Pending pending_;
  std::vector<std::function<void()>> commit_hooks_;
  std::vector<std::function<void()>> abort_hooks_;
  const bool told_;  // somebody listens
  std::vector<Event> events_;
  std::unordered_set<RowCursor*> cursors_;
  MDB_cursor* seat_ = nullptr;  // stays on the page of the last row: the next is often found there
  Arena arena_;
};

/// Where the keys of a bucket lie.
struct Extent {
  std::uint64_t rows_id = 0;                       ///< of its rows, unless it is inline
  std::optional<std::string_view> inline_bytes{};  ///< valid until the next write
  std::uint64_t revision = 0;                      ///< of the row that holds it, when it is inline
};

/// A read transaction, or one level of a write transaction as its readers see it.
struct ReadState {
  explicit ReadState(std::shared_ptr<Environment> env) : environment(env.get()), kept(std::move(env)) {}
  /// A savepoint: `outer` lives longer.
  explicit ReadState(const ReadState& outer, std::size_t of)
      : environment(outer.environment), core(outer.core), level(of) {}
  ~ReadState();
  ReadState(const ReadState&) = delete;
  ReadState& operator=(const ReadState&) = delete;

  /// Errors: closed (forked, ended, a savepoint inside is open).
  Result<void> usable() const { return !core && !environment->forked() ? Result<void>{} : look_closer(); }
  /// usable(), and `bucket` was not deleted in this transaction.
  Result<void> usable(const BucketHandle& bucket) const;
  /// Errors: closed, corrupt, version_mismatch, no_space (what is pending cannot be written), io.
  Result<void> extent(const BucketHandle& bucket, Extent& extent) {
    if (core || environment->forked()) return locate_extent(bucket, extent);
    extent = {bucket.id, bucket.inline_bytes, bucket.revision};
    return {};
  }
  /// What is pending is written. Errors: no_space, io.
  Result<void> settle() { return core ? core->flush() : Result<void>{}; }
  bool writes() const noexcept { return core != nullptr; }
  MDB_txn* txn() const noexcept { return core ? core->txn() : own_txn; }
  std::uint64_t version() const noexcept { return core ? core->version() : 0; }
  /// `bytes` of LMDB's pages, so that they last as long as the transaction.
  std::string_view keep(std::string_view bytes) { return core ? core->arena().keep(bytes) : bytes; }
  Arena& arena() { return core ? core->arena() : own_arena ? *own_arena : own_arena.emplace(); }

  /// Whether there is a row under `key`, and then `row`, whose key is a view of `key` in a write transaction.
  /// Errors: corrupt, version_mismatch, no_space (what is pending cannot be written), io.
  Result<bool> get(const RowKey& key, KeyedRow& row);
  /// How many rows the store has; 0 when it cannot be told.
  std::uint64_t row_count() const noexcept;
  /// Number of the last commit that a read transaction sees; 0 when it cannot be read.
  std::uint64_t revision() noexcept;

  Environment* environment;
  std::shared_ptr<Environment> kept{};
  Reader* reader = nullptr;    // of a read transaction
  MDB_txn* own_txn = nullptr;  // of a read transaction: the reader's
  bool probed = false;         // the reader's probe is of this transaction
  std::optional<std::uint64_t> known_revision{};
  std::shared_ptr<const BucketSteps> known_steps{};  // of a read transaction: a damaged store asks often
  std::shared_ptr<WriteCore> core{};                 // of a write transaction
  std::size_t level = 0;
  bool committed = false;  // this level of it
  std::optional<Arena> own_arena{};

 private:
  int find_row(MDB_val* key, MDB_val* stored) noexcept;
  Result<void> look_closer() const;
  Result<void> locate_extent(const BucketHandle& bucket, Extent& extent);
};

ReadState& state_of(const ReadTx& tx);

}  // namespace bayplan::metadata
