// Environment: one open LMDB environment, shared by every Db handle, transaction and cursor of it.
#pragma once

#include <lmdb.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"
#include "bayplan/metadata/db.h"
#include "delayed_hooks.h"
#include "environment_registry.h"
#include "event_hub.h"
#include "header.h"
#include "lmdb_value.h"
#include "map_users.h"
#include "reader_pool.h"
#include "reserve.h"
#include "submit_queue.h"
#include "writer_gate.h"

namespace bayplan::metadata {

class Environment {
 public:
  /// Opens the environment in `directory`. Precondition: this process does not have it open.
  /// Errors: as Db::open, not_found excepted.
  static Result<std::unique_ptr<Environment>> open(UniqueFd directory, std::filesystem::path path,
                                                   const OpenOptions& options);
  /// Frees what close() left: nothing, unless the environment belongs to a parent process.
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  /// That of a handle. Errors: closed.
  static Result<std::shared_ptr<Environment>> of(const Db& db);

  /// Precondition: submissions().finish() has returned.
  void close();

  /// Errors: closed, in a forked child.
  Result<void> usable() const { return forked() ? fork_error() : Result<void>{}; }
  bool forked() const noexcept { return generation_ != process_generation(); }
  bool read_only() const noexcept { return read_only_; }
  const std::filesystem::path& path() const noexcept { return path_; }
  MDB_env* env() const noexcept { return env_; }
  MDB_dbi rows() const noexcept { return rows_; }
  int directory_fd() const noexcept { return directory_.get(); }
  /// LMDB's own descriptor of data.mdb, for reading: this process should not open and close another.
  int data_fd() const noexcept;

  /// Errors: busy (the reader table is full), closed, io.
  Result<Reader*> begin_read();
  /// Ends what begin_read began; its cursors were closed, the probe excepted.
  void end_read(Reader* reader) noexcept;
  /// Whether the snapshot of `txn`, which is open, is that of the last commit.
  bool is_newest(MDB_txn* txn) const noexcept;

  /// Waits for the writers of this and of other processes. The thread that got it must end it. Of `options`
  /// the statistics are filled by end_write, or here after an error.
  /// Errors: failed_precondition (this thread has one open), read_only, busy, cancelled, no_space, too_large
  /// (the cap), closed, io.
  Result<MDB_txn*> begin_write(WriterKind kind, const WriteOptions& options);
  /// Whether this thread is between begin_write and end_write.
  bool writes() const noexcept;
  /// Follows a commit. Gives the file the length that its last page asks for: LMDB leaves out pages that one
  /// transaction took and freed, and whoever opens the file next should not have to tell that from a
  /// truncated one.
  void complete_file() noexcept;
  /// Lets the next writer in, after the transaction was committed or aborted.
  void end_write() noexcept;

  /// The header as `txn` sees it. Errors: corrupt, version_mismatch, io.
  Result<Header> read_header(MDB_txn* txn) const;
  /// The last step before the commit of a write transaction.
  Result<void> write_header(MDB_txn* txn, const Header& header);

  /// Errors: closed, io.
  Result<DbStats> stats();

  /// Gives back the slots of readers whose process has died, unless that was done in the minute before `now`.
  /// Precondition: this thread writes, or nobody does.
  void clear_dead_readers(std::chrono::steady_clock::time_point now) noexcept;

  /// Makes every commit so far durable, runs the hooks that waited, and tells the events.
  /// Errors: closed, no_space, io.
  Result<void> sync();
  DelayedHooks& delayed_hooks() noexcept { return delayed_hooks_; }
  EventHub& events() noexcept { return *events_; }
  /// Whether hooks or events wait for commits to become durable.
  bool owes() const { return delayed_hooks_.any() || events_->any(); }

  /// The right to collect, which one thread of one process has at a time. Errors: busy, read_only,
  /// failed_precondition (this thread writes), closed, io.
  Result<void> begin_collecting();
  /// Precondition: begin_collecting() succeeded.
  void end_collecting() noexcept;

  SubmitQueue& submissions() noexcept { return *submissions_; }
  /// The descriptor whose locks a forked child must not keep alive; -1 when there is none.
  int writer_file() const noexcept { return gate_->file(); }

 private:
  // What the writer of the moment is asked to measure.
  struct Turn {
    TxStats* stats = nullptr;
    bool reclaiming = false;
    std::chrono::steady_clock::time_point began{};
    std::chrono::steady_clock::time_point flush_began{};
    std::uint64_t bytes_before = 0;
  };

  // Keeps the map where it is, which LMDB reads even to describe it.
  class Pin {
   public:
    explicit Pin(Environment& environment);
    ~Pin() { environment_.left(); }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

   private:
    Environment& environment_;
  };

  // For a snapshot that is_whole(); after that it is damage, which whoever reads finds.
  static constexpr int kSnapshotAttempts = 1000;

  Environment(UniqueFd directory, std::filesystem::path path, const OpenOptions& options);
  Error fork_error() const;
  Error inside_write_transaction() const;
  Result<void> map(const OpenOptions& options);
  Result<void> open_rows();
  Result<void> open_rows(TxnPtr txn);
  /// Calls `attempt`, which answers LMDB's return code; again where what was in its way could be removed.
  template <class Attempt>
  Result<void> begin(Attempt attempt);
  /// Whether `txn`, which has just begun, reads the commit that it is numbered after.
  bool is_whole(MDB_txn* txn) const;
  Error begin_error(int rc) const;
  bool clear_dead_readers() noexcept;
  void describe_readers(DbStats& stats, const MDB_envinfo& info) const;
  std::uint64_t larger_map() const noexcept;
  std::uint64_t largest_map(std::uint64_t used) const noexcept;
  bool adopt_larger_map();
  void grow_map() noexcept;
  Result<void> ensure_space(bool reclaiming);
  Result<std::uint64_t> free_pages();
  int flush();
  void lengthen_file(off_t wanted) noexcept;
  void left() noexcept;
  void leave_gate() noexcept;

  UniqueFd directory_;  // also keeps the inode, and with it the registry's key, from being reused
  std::filesystem::path path_;
  bool read_only_;
  std::uint64_t max_bytes_;
  DiagnosticSink diagnostics_;
  std::uint64_t generation_;
  MDB_env* env_ = nullptr;
  MDB_dbi main_ = 0;
  MDB_dbi rows_ = 0;

  MapUsers map_users_;  // transactions and pins of this process

  ReaderPool readers_;
  std::atomic<std::uint64_t> dead_readers_{0};  // cleared so far
  std::chrono::steady_clock::time_point readers_checked_{};

  std::unique_ptr<WriterGate> gate_;
  std::atomic<std::thread::id> writer_{};
  std::atomic<bool> collecting_{false};
  Turn turn_;              // of the thread inside the gate
  off_t file_length_ = 0;  // of data.mdb when last looked at; it never becomes shorter
  Reserve reserve_;
  DelayedHooks delayed_hooks_;
  std::shared_ptr<EventHub> events_;
  std::unique_ptr<SubmitQueue> submissions_;
};

}  // namespace bayplan::metadata
