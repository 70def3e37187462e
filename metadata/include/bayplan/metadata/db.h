// Db: the environment. START HERE.
//
//   BAYPLAN_ASSIGN(auto db, metadata::Db::open("/var/lib/bayplan/metadata"));
//   return db.update([](metadata::WriteTx& tx) -> Result<void> {
//     BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("settings"));
//     return bucket.put("colour", "blue");
//   });
//
// One directory holds data.mdb, lock.mdb (LMDB's) and open.lock (ours: serialises open and close between
// processes, LMDB ITS#10095). Any number of processes read and write one store; within a process, opening the
// same directory again answers the same environment. A Db is a cheap handle; copies share the environment,
// which closes with the last of them. After fork() the child's handles answer closed; it opens anew.
// Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>

#include "bayplan/metadata/options.h"
#include "bayplan/metadata/tx.h"

namespace bayplan::metadata {

struct DbStats {
  std::uint64_t map_bytes = 0;   ///< address space reserved
  std::uint64_t file_bytes = 0;  ///< size of data.mdb
  std::uint64_t page_bytes = 0;
  std::uint64_t used_pages = 0;  ///< pages of the last commit's trees
  std::uint64_t free_pages = 0;  ///< reusable inside the file
  std::uint64_t rows = 0;
  std::uint64_t depth = 0;     ///< of the row tree
  std::uint64_t revision = 0;  ///< number of the last commit
  std::uint32_t readers = 0;   ///< reader slots in use, all processes
  std::uint32_t max_readers = 0;
  std::uint32_t format_version = 0;
  std::string uuid{};  ///< of the store, 8-4-4-4-12 hex
};

class Db {
 public:
  /// Opens, or creates crash-safely (a temporary directory, one commit, rename, sync of the parent; who loses
  /// a race opens the winner's; an empty directory is replaced). The file's meta pages and size are checked
  /// by our own reader before LMDB maps it. Errors: not_found (absent and not to be created), corrupt (no
  /// usable meta page, truncated), version_mismatch (a newer format, LMDB 1.0, unknown feature bits),
  /// invalid_argument (the path is no directory; a network file system), busy (to be written, while this
  /// process has it open read-only), permission_denied, read_only, no_space, io.
  static Result<Db> open(const std::filesystem::path& directory, const OpenOptions& options = {});

  /// Runs `body(const ReadTx&)` on a snapshot and returns its result. Views must not leave the closure.
  /// Adds errors: busy (reader table full), closed, io.
  template <class F>
  auto view(F&& body) const -> std::invoke_result_t<F, const ReadTx&> {
    using R = std::invoke_result_t<F, const ReadTx&>;
    static_assert(
        !(internal::kHoldsView<typename R::value_type> || internal::kHoldsBucket<typename R::value_type>),
        "a view must not outlive its transaction");
    BAYPLAN_ASSIGN(std::unique_ptr<const ReadTx> tx, begin_read());
    return std::forward<F>(body)(*tx);
  }

  /// Runs `body(WriteTx&)` once: success commits durably and then runs the on_commit hooks, an error or a
  /// throw undoes everything. Writers of all processes take turns. Adds errors: failed_precondition (called
  /// inside a write transaction of this thread), read_only, no_space, closed, io; after any of them nothing
  /// of `body` is visible.
  template <class F>
  auto update(F&& body) const -> std::invoke_result_t<F, WriteTx&> {
    using R = std::invoke_result_t<F, WriteTx&>;
    static_assert(
        !(internal::kHoldsView<typename R::value_type> || internal::kHoldsBucket<typename R::value_type>),
        "a view must not outlive its transaction");
    BAYPLAN_ASSIGN(std::unique_ptr<WriteTx> tx, begin_write());
    R result = std::forward<F>(body)(*tx);
    if (!result) return result;
    BAYPLAN_TRY(commit(std::move(tx)));
    return result;
  }

  /// A read transaction that outlives a closure, for the command and for long walks; pins the pages of its
  /// snapshot until destroyed. view() is the first choice. Errors: as view adds.
  Result<std::unique_ptr<const ReadTx>> begin_read() const;

  /// Errors: closed, io.
  Result<DbStats> stats() const;
  const std::filesystem::path& directory() const noexcept;
  /// Says something through the sink given at open, if any.
  void diagnose(const Diagnostic& diagnostic) const;

 private:
  Db(std::shared_ptr<Environment> environment, const OpenOptions& options);
  Result<std::unique_ptr<WriteTx>> begin_write() const;
  Result<void> commit(std::unique_ptr<WriteTx> tx) const;

  std::shared_ptr<Environment> environment_;
  std::shared_ptr<const OpenOptions> options_;
};

}  // namespace bayplan::metadata
