// Db: the environment. START HERE.
//
//   BAYPLAN_ASSIGN(auto db, metadata::Db::open("/var/lib/bayplan/metadata"));
//   return db.update([](metadata::WriteTx& tx) -> Result<void> {
//     BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("settings"));
//     return bucket.put("colour", "blue");
//   });
//
// One directory holds data.mdb, lock.mdb (LMDB's), open.lock (ours: serialises open and close between
// processes, LMDB ITS#10095) and reserve (room for deletions on a full disk). Any number of processes read
// and write one store; within a process, opening the same directory again answers the same environment, as
// long as nobody removes the directory. A Db is a cheap handle; copies share the environment, which closes
// with the last of them. A Db that was never opened, or was moved from, answers closed. After fork() the
// child's handles answer closed; it opens anew. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>

#include "bayplan/metadata/options.h"
#include "bayplan/metadata/submit.h"
#include "bayplan/metadata/tx.h"

namespace bayplan::metadata {

enum class WriterKind : bool;

struct DbStats {
  std::uint64_t map_bytes = 0;   ///< address space reserved
  std::uint64_t file_bytes = 0;  ///< size of data.mdb
  std::uint64_t page_bytes = 0;
  std::uint64_t used_pages = 0;  ///< pages of the last commit's trees
  std::uint64_t free_pages = 0;  ///< reusable inside the file
  std::uint64_t rows = 0;
  std::uint64_t depth = 0;         ///< of the row tree
  std::uint64_t revision = 0;      ///< number of the last commit
  std::uint32_t readers = 0;       ///< that hold a snapshot, all processes
  std::uint32_t reader_slots = 0;  ///< taken, all processes: the readers, and slots kept ready for the next
  std::uint32_t max_readers = 0;
  std::uint64_t oldest_reader_commits = 0;            ///< how many commits its snapshot is behind the last
  std::int32_t oldest_reader_pid = 0;                 ///< the process it is in; 0 without readers
  std::chrono::nanoseconds oldest_own_reader_age{0};  ///< of the oldest reader of this process
  std::uint64_t dead_readers_cleared = 0;  ///< slots of processes that died, by this process since it opened
  std::uint64_t submit_groups = 0;         ///< commits of submitted closures by this process since it opened
  std::uint64_t submit_members = 0;        ///< closures in them
  std::uint32_t format_version = 0;
  std::string uuid{};  ///< of the store, 8-4-4-4-12 hex
};

class Db {
 public:
  /// Closed, until one that open() answered is assigned.
  Db() = default;

  /// Opens, or creates crash-safely (a temporary directory, one commit, rename, sync of the parent; who loses
  /// a race opens the winner's; an empty directory is replaced). The file's meta pages and size are checked
  /// by our own reader before LMDB maps it. Errors: not_found (absent and not to be created), corrupt (no
  /// usable meta page, truncated), version_mismatch (a newer format, LMDB 1.0, unknown feature bits),
  /// invalid_argument (the path is empty or no directory; a network file system), failed_precondition (the
  /// directory holds other things, or is an empty mount point; inside a submitted closure or a hook of this
  /// store after its last handle went: it closes when they have run), busy (to be written, while this process
  /// has it open read-only), permission_denied, read_only, no_space, io.
  static Result<Db> open(const std::filesystem::path& directory, const OpenOptions& options = {});

  /// Runs `body(const ReadTx&)` on a snapshot and returns its result. Views must not leave the closure.
  /// Adds errors: busy (reader table full), closed, io.
  template <class F>
  auto view(F&& body) const -> std::invoke_result_t<F, const ReadTx&> {
    check_answer<std::invoke_result_t<F, const ReadTx&>>();
    BAYPLAN_ASSIGN(std::unique_ptr<const ReadTx> tx, begin_read());
    return std::forward<F>(body)(*tx);
  }

  /// Runs `body(WriteTx&)` once: success commits durably and then runs the on_commit hooks, an error or a
  /// throw undoes everything. Writers of all processes take turns. Adds errors: failed_precondition (called
  /// inside a write transaction of this thread), read_only, busy (the deadline of `options` passed before the
  /// writer lock was free), cancelled (so was its token), no_space, closed, io; after any of them nothing of
  /// `body` is visible.
  template <class F>
  auto update(F&& body, const WriteOptions& options = {}) const -> std::invoke_result_t<F, WriteTx&> {
    using R = std::invoke_result_t<F, WriteTx&>;
    check_answer<R>();
    BAYPLAN_ASSIGN(std::unique_ptr<WriteTx> tx, begin_write(options));
    R result = std::forward<F>(body)(*tx);
    if (!result) return result;
    BAYPLAN_TRY(commit(std::move(tx), options.durability, options.durability));
    return result;
  }

  /// Group commit: queues `body(WriteTx&)`, which may be move-only, and returns at once. One thread of the
  /// environment runs what is queued, each closure once and in a savepoint of its own, in one write
  /// transaction that commits durably as soon as the queue is empty or the group is large. Then the on_commit
  /// hooks run, and then the outcomes are there, both in the order of the queue.
  /// A closure that answers an error, or throws, loses its own writes only; when the commit fails, every
  /// closure of the group is undone and gets that error. Closures of one thread run in the order in which it
  /// submitted them; those of several threads in the order of the queue. A closure sees the writes of those
  /// before it in its group, which are not durable yet. Between groups, update() and other processes get
  /// their turn. A closure must not block, and may submit, but not wait or update(). Destroying the last
  /// handle waits until everything queued was run.
  /// A group is as durable as its strongest member asks for. Where a full one joined a group of others and
  /// the sync that it needs fails, all of them get the error, although their writes are visible.
  /// The outcome's errors: as update adds, busy (no thread can be started).
  template <class F>
  auto submit(F&& body, Durability durability = Durability::full) const {
    using Body = std::decay_t<F>;
    using R = std::invoke_result_t<Body&, WriteTx&>;
    check_answer<R>();
    auto run = std::make_shared<internal::FutureRun<Body, R>>(std::forward<F>(body), bell());
    run->durability = durability;
    enqueue(run);
    return Submitted<typename R::value_type>(std::move(run));
  }

  /// As submit, and calls `done(Result<T>)` with the outcome, a throw as failed_precondition, instead of
  /// answering something to wait for: on the thread that commits, which it must not block, or, if nothing
  /// could be queued, here. Must not throw. bayplan/metadata/asio.h completes on an executor instead.
  template <class F, class Done>
  void submit_then(F&& body, Done&& done) const {
    using Body = std::decay_t<F>;
    using R = std::invoke_result_t<Body&, WriteTx&>;
    check_answer<R>();
    enqueue(std::make_shared<internal::CallbackRun<Body, R, std::decay_t<Done>>>(std::forward<F>(body),
                                                                                 std::forward<Done>(done)));
  }

  /// A read transaction that outlives a closure, for the command and for long walks; pins the pages of its
  /// snapshot until destroyed. view() is the first choice. Errors: as view adds.
  Result<std::unique_ptr<const ReadTx>> begin_read() const;
  /// Moves `tx` to the snapshot of the last commit, which frees what the old one pinned. Buckets, cursors and
  /// views that came from it are invalid afterwards. After an error it is as before.
  /// Errors: invalid_argument (of another store); as view adds. Precondition: `tx` came from begin_read.
  Result<void> renew(std::unique_ptr<const ReadTx>& tx) const;

  /// Makes every commit so far durable, and runs the on_commit hooks, and tells the events, that waited for
  /// that.
  /// Errors: read_only, no_space, closed, io; the hooks then go on waiting.
  Result<void> sync() const;

  /// Errors: closed, io.
  Result<DbStats> stats() const;
  /// Precondition: opened.
  const std::filesystem::path& directory() const noexcept;
  /// Says something through the sink given at open, if any.
  void diagnose(const Diagnostic& diagnostic) const;

 private:
  friend class SubmitQueue;
  friend class CollectorTurn;
  friend class Environment;
  Db(std::shared_ptr<Environment> environment, const OpenOptions& options);

  template <class R>
  static constexpr void check_answer() {
    static_assert(
        !(internal::kHoldsView<typename R::value_type> || internal::kHoldsBucket<typename R::value_type>),
        "a view or bucket must not outlive its transaction: answer a copy of what it holds, or nothing");
  }
  Result<std::unique_ptr<WriteTx>> begin_write(const WriteOptions& options) const;
  Result<std::unique_ptr<WriteTx>> begin_write(WriterKind kind, const WriteOptions& options) const;
  Result<void> commit(std::unique_ptr<WriteTx> tx, Durability begun, Durability wanted) const;
  void enqueue(const std::shared_ptr<internal::Submission>& submission) const;
  std::shared_ptr<const internal::Bell> bell() const;
  /// Grows by at most the rows and pages that were dirtied.
  static std::int64_t weight(const WriteTx& tx) noexcept;
  Result<void> opened() const { return environment_ ? Result<void>{} : never_opened(); }
  static Error never_opened();
  Error read_only_error() const;

  std::shared_ptr<Environment> environment_{};
  std::shared_ptr<const EnvironmentHandles> handles_{};  // of environment_; the queue of submit() needs none
  std::shared_ptr<const OpenOptions> options_{};
};

}  // namespace bayplan::metadata
