// The read transactions of this process: how many hold a snapshot and since when, and a few ended ones that
// keep their slot of the reader table, so that the next reader neither allocates nor searches.
#pragma once

#include <lmdb.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "bucket_cache.h"

namespace bayplan::metadata {

/// One read transaction and what is kept with it. Belongs to whoever began it until the end; lines of its
/// own, so that readers on several processors do not wait for one another.
struct alignas(128) Reader {
  MDB_txn* txn = nullptr;
  MDB_cursor* probe = nullptr;  ///< made by whoever needs it; mdb_cursor_renew() before each use in a new txn
  BucketCache buckets{};

 private:
  friend class ReaderPool;
  std::atomic<bool> taken_{false};
  std::atomic<std::chrono::steady_clock::rep> since_{0};  // 0: it holds no snapshot
};

/// Thread-safe.
class ReaderPool {
 public:
  using Clock = std::chrono::steady_clock;

  /// Keeps up to a sixty-fourth of the reader table, and never more than 16 slots, which pin nothing.
  /// Precondition: nobody reads yet.
  void set_table_size(unsigned int slots);

  /// As mdb_txn_begin with MDB_RDONLY.
  int begin(MDB_env* env, Reader** reader);
  /// Ends what begin() began; its cursors were closed, the probe excepted.
  void end(Reader* reader) noexcept;
  /// Gives the idle slots back.
  void drain() noexcept;
  /// When the oldest that is still open began.
  std::optional<Clock::time_point> oldest() const;

 private:
  Reader* take();
  void give_back(Reader* reader) noexcept;
  bool is_kept(const Reader* reader) const noexcept;

  std::size_t limit_ = 0;
  std::unique_ptr<Reader[]> kept_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Reader>> others_;  // when all of those are taken
};

}  // namespace bayplan::metadata
