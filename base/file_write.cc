#include <fcntl.h>
#include <poll.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>
#include <limits>

#include "bayplan/base/file.h"
#include "bayplan/base/random.h"
#include "file_call.h"

namespace bayplan::file {
namespace {

constexpr std::uint64_t kMaxOffset = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());

Result<void> fill_new_file(int dir, const std::string& name, std::string_view bytes, mode_t mode) {
  BAYPLAN_ASSIGN(const UniqueFd fd, open_beneath(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600));
  BAYPLAN_TRY(write_all(fd.get(), as_bytes(bytes), name));
  if (::fchmod(fd.get(), mode) != 0) return file_error(name, "fchmod");
  return sync_data(fd.get(), name);
}

}  // namespace

Result<std::size_t> FdSource::read(std::span<std::byte> into) {
  const ssize_t count = retry([&] { return ::read(fd_, into.data(), into.size()); });
  if (count < 0) return file_error(name_, "read");
  return static_cast<std::size_t>(count);
}

Result<std::string> read_file(int dir, const std::string& path, std::size_t limit) {
  BAYPLAN_ASSIGN(const UniqueFd fd, open_regular(dir, path));
  FdSource source(fd.get(), path);
  return read_all(source, limit).with_context("file", path);
}

Result<void> pread_exact(int fd, std::span<std::byte> into, std::uint64_t offset, std::string_view name) {
  if (offset > kMaxOffset || into.size() > kMaxOffset - offset) {
    return Error(Errc::invalid_argument, "file", name, "no file is as long as that offset");
  }
  while (!into.empty()) {
    const ssize_t count =
        retry([&] { return ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset)); });
    if (count < 0) return file_error(name, "pread");
    if (count == 0) {
      return Error(Errc::corrupt, "file", name,
                   "is truncated: it ends at byte " + std::to_string(offset) + ", " +
                       std::to_string(into.size()) + " too early");
    }
    into = into.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> write_all(int fd, std::span<const std::byte> bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t count = retry([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (count < 0) return file_error(name, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> replace_durably(int dir, const std::string& name, std::string_view bytes, mode_t mode) {
  BAYPLAN_TRY(check_name(name));
  const std::string temporary = random_name(kTemporaryPrefix);
  auto replaced = fill_new_file(dir, temporary, bytes, mode);
  if (replaced) replaced = rename(dir, temporary, dir, name);
  if (!replaced) {
    ignore_error(unlink(dir, temporary), "the first error says more");
    return std::move(replaced).with_context("file", name);
  }
  return sync_dir(dir, name);
}

Result<void> wait_ready(int fd, short events, std::string_view name, const CancelToken& cancel) {
  constexpr int kLookAgain = 100;  // ms
  struct pollfd waited {
    fd, events, 0
  };
  int ready = 0;
  while (ready == 0) {
    BAYPLAN_TRY(cancel.check());
    ready = ::poll(&waited, 1, kLookAgain);
    if (ready < 0 && errno == EINTR) ready = 0;
  }
  if (ready < 0) return file_error(name, "poll");
  return {};
}

Result<void> sync_data(int fd, std::string_view name) {
  if (retry([&] { return ::fdatasync(fd); }) != 0) return file_error(name, "fdatasync");
  return {};
}

Result<void> sync_dir(int dir, std::string_view name) {
  if (retry([&] { return ::fsync(dir); }) != 0) return directory_error(name, "fsync");
  return {};
}

Result<void> sync_fs(int fd, std::string_view name) {
  if (retry([&] { return ::syncfs(fd); }) != 0) return directory_error(name, "syncfs");
  return {};
}

Result<void> rename(int from_dir, const std::string& from, int to_dir, const std::string& to) {
  BAYPLAN_TRY(check_name(from));
  BAYPLAN_TRY(check_name(to));
  if (::renameat(from_dir, from.c_str(), to_dir, to.c_str()) != 0) return file_error(to, "renameat");
  return {};
}

Result<void> rename_exclusive(int from_dir, const std::string& from, int to_dir, const std::string& to) {
  BAYPLAN_TRY(check_name(from));
  BAYPLAN_TRY(check_name(to));
  if (::renameat2(from_dir, from.c_str(), to_dir, to.c_str(), RENAME_NOREPLACE) != 0) {
    return file_error(to, "renameat2");
  }
  return {};
}

Result<void> unlink(int dir, const std::string& name) {
  BAYPLAN_TRY(check_name(name));
  if (::unlinkat(dir, name.c_str(), 0) != 0 && errno != ENOENT) return file_error(name, "unlinkat");
  return {};
}

std::string random_name(std::string_view prefix) {
  // Without a random source the name is the same each time, and making it exclusively says so.
  std::uint64_t number = 0;
  ignore_error(fill_random(std::as_writable_bytes(std::span(&number, 1))), "said by the comment above");
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(number));
  return std::string(prefix) + digits;
}

namespace {

std::uint64_t bytes_of(std::uint64_t blocks, std::uint64_t block_size) {
  std::uint64_t bytes = 0;
  return __builtin_mul_overflow(blocks, block_size, &bytes) ? std::numeric_limits<std::uint64_t>::max()
                                                            : bytes;
}

}  // namespace

Result<std::uint64_t> free_bytes(int fd, std::string_view name) {
  struct statvfs info {};
  if (retry([&] { return ::fstatvfs(fd, &info); }) != 0) return file_error(name, "fstatvfs");
  return bytes_of(info.f_bavail, info.f_frsize);
}

Result<std::uint64_t> total_bytes(int fd, std::string_view name) {
  struct statvfs info {};
  if (retry([&] { return ::fstatvfs(fd, &info); }) != 0) return file_error(name, "fstatvfs");
  return bytes_of(info.f_blocks, info.f_frsize);
}

}  // namespace bayplan::file
