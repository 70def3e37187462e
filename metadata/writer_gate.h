// The writer lock in front of LMDB's own, which can neither time out nor be cancelled: a condition variable
// within the process, two bytes of open.lock between processes. Correctness does not hang on it: LMDB's lock
// still keeps writers apart.
#pragma once

#include <condition_variable>
#include <cstdint>
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
  /// -1 without a file.
  int file() const noexcept { return file_.get(); }

 private:
  Result<void> enter_process(WriterKind kind, const WriteOptions& options);
  void leave_process() noexcept;
  bool open_for(WriterKind kind) const noexcept;
  Result<void> lock_file();
  Result<void> poll_file(const WriteOptions& options);

  UniqueFd file_;
  std::mutex mutex_;
  std::condition_variable single_;
  std::condition_variable group_;
  bool inside_ = false;
  WriterKind last_ = WriterKind::single;
  std::uint32_t singles_waiting_ = 0;
  std::uint32_t groups_waiting_ = 0;
};

}  // namespace bayplan::metadata
