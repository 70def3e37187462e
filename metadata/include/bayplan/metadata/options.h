// Options of Db::open and Db::update. Every field: unit, default, meaning.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "bayplan/base/diagnostics.h"
#include "bayplan/base/progress.h"

namespace bayplan::metadata {

struct OpenOptions {
  /// No write transactions; needs write access to lock.mdb all the same (LMDB's reader table), except on a
  /// read-only file system: there nothing protects from writers elsewhere, a file system mounted twice.
  bool read_only = false;
  bool create = true;  ///< create the environment when the directory does not exist; ignored when read_only
  /// Address space to reserve, halved until it fits; not disk space. Grows by itself when the file nears its
  /// end and no transaction of this process is open.
  std::uint64_t map_bytes = 1ull << 40;
  /// What data.mdb may grow to: a writer that finds it that large, and without free pages, is refused with
  /// too_large, unless it is `reclaiming`, and one that would go far beyond is undone. 0: only the disk
  /// counts. Of this process: others go by their own.
  std::uint64_t max_bytes = 0;
  std::uint32_t max_readers = 1024;  ///< reader slots, decided by whoever initialises the lock file
  DiagnosticSink diagnostics{};
};

/// What one write transaction cost. Filled when the transaction ended, before its hooks run; after an error
/// the parts that were reached.
struct TxStats {
  std::chrono::nanoseconds wait{0};   ///< for the writers before it
  std::chrono::nanoseconds hold{0};   ///< the writer lock was held, flush included
  std::chrono::nanoseconds flush{0};  ///< of that, making it durable; 0 when nothing was committed
  std::uint64_t rows_written = 0;     ///< committed
  std::uint64_t rows_removed = 0;     ///< committed
  std::uint64_t pages_written = 0;    ///< by the commit; 0 where procfs does not tell
};

/// What a power cut may take of a transaction that has returned.
enum class Durability : bool {
  no_metasync,  ///< the last commits; the store stays whole. One flush of the disk less
  full,         ///< nothing
};

struct WriteOptions {
  /// For transactions that delete: on a full disk, where all others are refused, the space kept for this is
  /// released to it. It should remove more than it adds.
  bool reclaiming = false;
  /// Give up waiting for the writer lock at this moment; default: wait for as long as it takes. A lock that
  /// is free is taken even when the moment has passed. Does not limit the transaction itself.
  std::optional<std::chrono::steady_clock::time_point> deadline{};
  /// Give up waiting for the writer lock, within milliseconds, once this is cancelled; cancelled before, the
  /// transaction is refused even when the lock is free.
  std::optional<CancelToken> cancel{};
  /// With less than full, on_commit hooks wait until the commit is durable all the same: for the next full
  /// commit of this process that changes something, Db::sync(), or the closing of the store: a hook that owns
  /// a handle of it keeps that off, and one that runs then can no longer open it.
  Durability durability = Durability::full;
  TxStats* stats = nullptr;  ///< filled if given; borrowed until the call returns
};

}  // namespace bayplan::metadata
