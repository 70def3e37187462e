// The read transactions of this process: how many hold a snapshot and since when, and a few ended ones that
// keep their slot of the reader table, so that the next reader neither allocates nor searches.
#pragma once

#include <lmdb.h>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace bayplan::metadata {

/// Thread-safe.
class ReaderPool {
 public:
  using Clock = std::chrono::steady_clock;

  /// Keeps up to a sixty-fourth of the reader table, and never more than 16 slots, which pin nothing.
  void set_table_size(unsigned int slots);

  /// As mdb_txn_begin with MDB_RDONLY.
  int begin(MDB_env* env, MDB_txn** txn);
  /// Ends what begin() began; its cursors were closed.
  void end(MDB_txn* txn) noexcept;
  /// Gives the idle slots back. Answers whether there were any.
  bool drain() noexcept;
  /// When the oldest that is still open began.
  std::optional<Clock::time_point> oldest() const;

 private:
  struct Reader {
    MDB_txn* txn;
    Clock::time_point since;
  };
  MDB_txn* take_idle();

  mutable std::mutex mutex_;
  std::size_t limit_ = 0;
  std::vector<MDB_txn*> idle_;
  std::vector<Reader> reading_;
};

}  // namespace bayplan::metadata
