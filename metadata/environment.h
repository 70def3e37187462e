// Environment: one open LMDB environment, shared by every Db handle, transaction and cursor of it.
#pragma once

#include <lmdb.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"
#include "bayplan/metadata/db.h"
#include "header.h"

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

  void close();

  /// Errors: closed, in a forked child.
  Result<void> usable() const;
  bool forked() const noexcept;
  bool read_only() const noexcept { return read_only_; }
  const std::filesystem::path& path() const noexcept { return path_; }
  MDB_env* env() const noexcept { return env_; }
  MDB_dbi rows() const noexcept { return rows_; }
  int directory_fd() const noexcept { return directory_.get(); }
  /// LMDB's own descriptor of data.mdb, for reading: this process should not open and close another.
  int data_fd() const noexcept;

  /// Errors: busy, closed, io.
  Result<MDB_txn*> begin_read();
  /// Ends what begin_read began.
  void end_read(MDB_txn* txn) noexcept;

  /// Waits for the writers of this and of other processes. The thread that got it must end it.
  /// Errors: failed_precondition (this thread has one open), read_only, closed, io.
  Result<MDB_txn*> begin_write();
  /// Gives the file, after a commit, the length that its last page asks for: LMDB leaves out pages that one
  /// transaction took and freed, and whoever opens the file next should not have to tell that from a
  /// truncated one.
  void complete_file() noexcept;
  /// Lets the next writer in, after the transaction was committed or aborted.
  void end_write() noexcept;

  /// The header as `txn` sees it. Errors: corrupt, version_mismatch, io.
  Result<Header> read_header(MDB_txn* txn) const;
  Result<void> write_header(MDB_txn* txn, const Header& header) const;

  /// Errors: closed, io.
  Result<DbStats> stats();

 private:
  Environment(UniqueFd directory, std::filesystem::path path, const OpenOptions& options);
  Result<void> map(const OpenOptions& options);
  Result<void> open_rows();
  Result<MDB_txn*> begin(unsigned int flags);
  bool adopt_larger_map();
  void left() noexcept;

  UniqueFd directory_;  // also keeps the inode, and with it the registry's key, from being reused
  std::filesystem::path path_;
  bool read_only_;
  DiagnosticSink diagnostics_;
  std::uint64_t generation_;
  MDB_env* env_ = nullptr;
  MDB_dbi main_ = 0;
  MDB_dbi rows_ = 0;

  std::mutex live_mutex_;
  std::size_t live_ = 0;  // transactions of this process: the map must not move under one

  std::mutex writer_mutex_;
  std::atomic<std::thread::id> writer_{};
};

}  // namespace bayplan::metadata
