#include "reader_pool.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace bayplan::metadata {
namespace {

// Clock::now() as it was a few milliseconds ago at most: an age does not need more, and every read asks.
ReaderPool::Clock::time_point coarse_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return ReaderPool::Clock::time_point(std::chrono::seconds(now.tv_sec) +
                                       std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace

void ReaderPool::set_table_size(unsigned int slots) {
  constexpr unsigned int kMost = 16;
  constexpr unsigned int kShare = 64;
  limit_ = std::min(slots / kShare, kMost);
  idle_.reserve(limit_);
}

MDB_txn* ReaderPool::take_idle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  MDB_txn* const txn = idle_.back();
  idle_.pop_back();
  return txn;
}

int ReaderPool::begin(MDB_env* env, MDB_txn** txn) {
  *txn = take_idle();
  int rc = *txn != nullptr ? ::mdb_txn_renew(*txn) : ::mdb_txn_begin(env, nullptr, MDB_RDONLY, txn);
  if (rc != 0 && *txn != nullptr) {
    ::mdb_txn_abort(*txn);
    *txn = nullptr;
  }
  if (rc != 0) return rc;
  const auto since = coarse_now();
  const std::lock_guard lock(mutex_);
  reading_.push_back({*txn, since});
  return 0;
}

void ReaderPool::end(MDB_txn* txn) noexcept {
  ::mdb_txn_reset(txn);
  {
    const std::lock_guard lock(mutex_);
    // From the back: what began last mostly ends first.
    const auto found = std::find_if(reading_.rbegin(), reading_.rend(),
                                    [txn](const Reader& reader) { return reader.txn == txn; });
    if (found != reading_.rend()) reading_.erase(std::next(found).base());
    if (idle_.size() < limit_) {
      idle_.push_back(txn);
      return;
    }
  }
  ::mdb_txn_abort(txn);
}

bool ReaderPool::drain() noexcept {
  std::vector<MDB_txn*> idle;
  {
    const std::lock_guard lock(mutex_);
    idle = std::exchange(idle_, {});
  }
  for (MDB_txn* const txn : idle) ::mdb_txn_abort(txn);
  return !idle.empty();
}

std::optional<ReaderPool::Clock::time_point> ReaderPool::oldest() const {
  const std::lock_guard lock(mutex_);
  const auto first = std::min_element(reading_.begin(), reading_.end(),
                                      [](const Reader& a, const Reader& b) { return a.since < b.since; });
  return first == reading_.end() ? std::optional<Clock::time_point>{} : first->since;
}

}  // namespace bayplan::metadata
