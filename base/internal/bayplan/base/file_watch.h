// Wakes who waits for what other processes of this machine do to a file or directory.
#pragma once

#include <chrono>
#include <cstdint>

#include "bayplan/base/fd.h"

namespace bayplan {

class FileWatch {
 public:
  enum class For : std::uint8_t {
    write,  ///< to the file
    close,  ///< of any descriptor of it
  };
  /// Of what is open as `fd`. Where the kernel refuses to watch it, wait() only waits.
  FileWatch(int fd, For event) noexcept;

  bool watches() const noexcept { return static_cast<bool>(inotify_); }
  /// Forgets the events up to now. What is looked at after that is never older than what wait() waits for.
  void forget() const noexcept;
  /// Until an event since forget(), a signal, or `duration` has passed.
  void wait(std::chrono::milliseconds duration) const noexcept;

 private:
  UniqueFd inotify_;
};

}  // namespace bayplan
