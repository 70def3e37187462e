#include <fcntl.h>
#include <sys/file.h>

#include <limits>

#include "bayplan/base/file.h"
#include "file_call.h"

namespace bayplan::file {
namespace {

struct flock one_byte(std::uint64_t offset, int type) noexcept {
  struct flock range {};  // l_pid must be 0 for open-file-description locks
  range.l_type = static_cast<short>(type);
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(offset);
  range.l_len = 1;
  return range;
}

Result<void> set_byte_lock(int fd, std::uint64_t offset, int command, std::string_view name) {
  if (offset >= static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
    return Error(Errc::invalid_argument, "file", name, "no byte can be locked at that offset");
  }
  struct flock range = one_byte(offset, F_WRLCK);
  if (retry([&] { return ::fcntl(fd, command, &range); }) != 0) return file_error(name, "fcntl");
  return {};
}

}  // namespace

Result<void> lock_exclusive(int fd, std::string_view name) {
  if (retry([&] { return ::flock(fd, LOCK_EX); }) != 0) return file_error(name, "flock");
  return {};
}

Result<void> try_lock_exclusive(int fd, std::string_view name) {
  if (retry([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) != 0) return file_error(name, "flock");
  return {};
}

Result<void> try_lock_shared(int fd, std::string_view name) {
  if (retry([&] { return ::flock(fd, LOCK_SH | LOCK_NB); }) != 0) return file_error(name, "flock");
  return {};
}

Result<bool> is_still_at(int fd, int dir, const std::string& name) {
  const auto named = stat_at(dir, name);
  if (!named && named.error().code() == Errc::not_found) return false;
  if (!named) return named.error();
  BAYPLAN_ASSIGN(const struct stat open, stat_fd(fd, name));
  return named->st_ino == open.st_ino && named->st_dev == open.st_dev;
}

Result<void> lock_byte(int fd, std::uint64_t offset, std::string_view name) {
  return set_byte_lock(fd, offset, F_OFD_SETLKW, name);
}

Result<void> try_lock_byte(int fd, std::uint64_t offset, std::string_view name) {
  return set_byte_lock(fd, offset, F_OFD_SETLK, name);
}

void unlock_byte(int fd, std::uint64_t offset) noexcept {
  struct flock range = one_byte(offset, F_UNLCK);
  static_cast<void>(retry([&] { return ::fcntl(fd, F_OFD_SETLK, &range); }));
}

}  // namespace bayplan::file
