#include "open_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "bayplan/base/file.h"

namespace bayplan::metadata {
namespace {

// What else the name may lead to is not ours to lock, or to write into.
Result<void> check_own_file(int fd) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd, kOpenLockName));
  if (S_ISREG(info.st_mode) && info.st_nlink <= 1) return {};
  return Error(Errc::corrupt, "file", kOpenLockName, "a link, or no regular file")
      .with_advice("remove it while nobody uses the store: it holds no data");
}

Result<UniqueFd> open_lock_file(int directory, bool read_only) {
  auto fd = file::open_beneath(directory, kOpenLockName, O_RDWR | O_CREAT | O_NONBLOCK, 0600);
  if (fd) BAYPLAN_TRY(check_own_file(fd->get()));
  if (fd || !read_only) return fd;
  const Errc code = fd.error().code();
  if (code != Errc::permission_denied && code != Errc::read_only) return fd;
  auto existing = file::open_beneath(directory, kOpenLockName, O_RDONLY);
  return existing ? std::move(existing) : UniqueFd{};
}

// For people. Always as long, because a file that is emptied and written again is flushed when it is closed.
void note_process(int fd) {
  constexpr std::size_t kWidth = 10;
  std::string line = std::to_string(::getpid());
  line.resize(kWidth, ' ');
  line += '\n';
  [[maybe_unused]] const ssize_t written = ::pwrite(fd, line.data(), line.size(), 0);
}

}  // namespace

Result<UniqueFd> open_writer_file(int directory) { return open_lock_file(directory, false); }

Result<UniqueFd> take_open_lock(int directory, bool read_only) {
  BAYPLAN_ASSIGN(UniqueFd fd, open_lock_file(directory, read_only));
  if (!fd) return fd;
  BAYPLAN_TRY(file::lock_exclusive(fd.get(), kOpenLockName));
  if (!read_only) note_process(fd.get());
  return fd;
}

}  // namespace bayplan::metadata
