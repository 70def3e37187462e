#include "reader_pool.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <utility>

#include "own_place.h"

namespace bayplan::metadata {
namespace {

using Clock = ReaderPool::Clock;

// Clock::now() as it was a few milliseconds ago at most: an age does not need more, and every read asks.
Clock::rep coarse_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return Clock::duration(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec)).count();
}

void abort(Reader& reader) noexcept {
  if (reader.probe != nullptr) ::mdb_cursor_close(std::exchange(reader.probe, nullptr));
  if (reader.txn != nullptr) ::mdb_txn_abort(std::exchange(reader.txn, nullptr));
}

}  // namespace

void ReaderPool::set_table_size(unsigned int slots) {
  constexpr unsigned int kMost = 16;
  constexpr unsigned int kShare = 64;
  limit_ = std::min(slots / kShare, kMost);
  kept_ = std::make_unique<Reader[]>(limit_);
}

Reader* ReaderPool::take() {
  const std::size_t place = own_place();
  for (std::size_t n = 0; n < limit_; ++n) {
    Reader& reader = kept_[(place + n) % limit_];
    if (!reader.taken_.load(std::memory_order_relaxed) &&
        !reader.taken_.exchange(true, std::memory_order_acquire)) {
      return &reader;
    }
  }
  const std::lock_guard lock(mutex_);
  return others_.emplace_back(std::make_unique<Reader>()).get();
}

bool ReaderPool::is_kept(const Reader* reader) const noexcept {
  return std::greater_equal<>()(reader, kept_.get()) && std::less<>()(reader, kept_.get() + limit_);
}

void ReaderPool::give_back(Reader* reader) noexcept {
  if (is_kept(reader)) {
    reader->taken_.store(false, std::memory_order_release);
    return;
  }
  abort(*reader);
  const std::lock_guard lock(mutex_);
  std::erase_if(others_, [reader](const auto& other) { return other.get() == reader; });
}

int ReaderPool::begin(MDB_env* env, Reader** reader) {
  Reader* const taken = take();
  const int rc = taken->txn != nullptr ? ::mdb_txn_renew(taken->txn)
                                       : ::mdb_txn_begin(env, nullptr, MDB_RDONLY, &taken->txn);
  if (rc != 0) {
    abort(*taken);
    give_back(taken);
    return rc;
  }
  taken->since_.store(coarse_now(), std::memory_order_relaxed);
  *reader = taken;
  return 0;
}

void ReaderPool::end(Reader* reader) noexcept {
  ::mdb_txn_reset(reader->txn);
  reader->since_.store(0, std::memory_order_relaxed);
  give_back(reader);
}

void ReaderPool::drain() noexcept {
  for (std::size_t n = 0; n < limit_; ++n) {
    Reader& reader = kept_[n];
    if (reader.taken_.exchange(true, std::memory_order_acquire)) continue;
    abort(reader);
    give_back(&reader);
  }
}

std::optional<Clock::time_point> ReaderPool::oldest() const {
  std::optional<Clock::time_point> oldest;
  const auto look = [&](const Reader& reader) {
    const Clock::rep since = reader.since_.load(std::memory_order_relaxed);
    const Clock::time_point began{Clock::duration(since)};
    if (since != 0 && (!oldest || began < *oldest)) oldest = began;
  };
  for (std::size_t n = 0; n < limit_; ++n) look(kept_[n]);
  const std::lock_guard lock(mutex_);
  for (const auto& reader : others_) look(*reader);
  return oldest;
}

}  // namespace bayplan::metadata
