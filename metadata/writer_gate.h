// The writer lock in front of LMDB's own, which can neither time out nor be cancelled: a condition variable
// within the process, two bytes of open.lock between processes. Correctness does not hang on it: LMDB's lock
// still keeps writers apart.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"
#include "bayplan/metadata/options.h"

namespace bayplan::metadata {

/// A `group` is the thread that commits what submit() queued: where both wait, it and the single writers of
/// this process take turns.
enum class WriterKind : bool { single, group };

class WriterGate {
 public:
  /// `file`: a descriptor of its own, open for writing; its locks belong to nobody else.
  explicit WriterGate(UniqueFd file) noexcept : file_(std::move(file)) {}
  WriterGate(const WriterGate&) = delete;
  WriterGate& operator=(const WriterGate&) = delete;

  /// Waits until nobody else is inside, in this or any other process. Of `options` the deadline and the token
  /// count. Errors: busy (deadline), cancelled, io.
  Result<void> enter(WriterKind kind, const WriteOptions& options);
  /// Precondition: this thread entered.
  void leave() noexcept;
  /// A third byte, for the collector of the moment: it goes with the process. Errors: busy, io.
  Result<void> try_lock_collector();
  void unlock_collector() noexcept;
  /// -1 without a file.
  int file() const noexcept { return file_.get(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiter {
    Clock::time_point since;
    std::condition_variable turn{};
  };

  Result<void> enter_process(WriterKind kind, const WriteOptions& options);
  Result<void> wait_in_line(std::unique_lock<std::mutex>& lock, WriterKind kind, const WriteOptions& options);
  void leave_process() noexcept;
  bool is_turn_of(WriterKind kind) const noexcept;
  bool may_pass(WriterKind kind) const;
  void call_next() noexcept;
  Result<void> lock_file();
  Result<void> poll_file(const WriteOptions& options);
  std::deque<Waiter*>& line_of(WriterKind kind) noexcept {
    return kind == WriterKind::single ? singles_ : groups_;
  }

  UniqueFd file_;
  std::mutex mutex_;
  bool inside_ = false;
  WriterKind last_ = WriterKind::single;
  std::deque<Waiter*> singles_;  // who came first is in front
  std::deque<Waiter*> groups_;
};

}  // namespace bayplan::metadata
