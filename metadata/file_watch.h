// Wakes who waits for a file to be written, by any process of this machine.
#pragma once

#include <chrono>

#include "bayplan/base/fd.h"

namespace bayplan::metadata {

class FileWatch {
 public:
  /// Of the open file `fd`. Where the kernel refuses to watch it, wait() only waits.
  explicit FileWatch(int fd) noexcept;

  bool watches() const noexcept { return static_cast<bool>(inotify_); }
  /// Forgets the writes up to now. What is looked at after that is never older than what wait() waits for.
  void forget() const noexcept;
  /// Until a write since forget(), a signal, or `duration` has passed.
  void wait(std::chrono::milliseconds duration) const noexcept;

 private:
  UniqueFd inotify_;
};

}  // namespace bayplan::metadata
