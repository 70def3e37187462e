#include "bayplan/base/file_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <string>

namespace bayplan {

// Through the descriptor: the path may name another file by now.
FileWatch::FileWatch(int fd, For event) noexcept : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!inotify_) return;
  const std::uint32_t mask = event == For::write ? IN_MODIFY : IN_CLOSE;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  if (::inotify_add_watch(inotify_.get(), path.c_str(), mask) < 0) inotify_.reset();
}

void FileWatch::forget() const noexcept {
  alignas(inotify_event) std::array<char, 4096> events;
  while (inotify_ && ::read(inotify_.get(), events.data(), events.size()) > 0) {
  }
}

void FileWatch::wait(std::chrono::milliseconds duration) const noexcept {
  pollfd waits{.fd = inotify_.get(), .events = POLLIN, .revents = 0};
  ::poll(&waits, inotify_ ? 1 : 0, static_cast<int>(duration.count()));
}

}  // namespace bayplan
