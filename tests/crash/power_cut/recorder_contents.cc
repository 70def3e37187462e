// Hooks of the calls that change and sync what is in files, and what is known about them.
#undef _FILE_OFFSET_BITS
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdarg>
#include <string>

#include "crash/power_cut/recorder_hook.h"

namespace bayplan::test {
namespace {

/// In place of an offset: where the descriptor stands.
constexpr off_t kCurrent = -1;

std::string first_bytes(const iovec* parts, int count, std::size_t length) {
  std::string bytes;
  for (int i = 0; i < count && bytes.size() < length; ++i) {
    bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  bytes.resize(length);
  return bytes;
}

/// Runs `write`, a call that answers how many bytes it wrote; `bytes_of(count)` are those.
template <class Write, class Bytes>
ssize_t record_write(int fd, off_t offset, Write write, Bytes bytes_of) {
  const Hook hook;
  const ssize_t count = write();
  struct stat info {};
  if (!hook || count <= 0 || ::fstat(fd, &info) != 0) return count;
  const std::string bytes = bytes_of(static_cast<std::size_t>(count));
  if (fd == STDOUT_FILENO && hook->kind_of(info) == Recorder::Place::Kind::elsewhere) {
    hook->said(bytes);
    return count;
  }
  if (hook->kind_of(info) == Recorder::Place::Kind::elsewhere) return count;
  if (offset == kCurrent) offset = ::lseek(fd, 0, SEEK_CUR) - count;
  hook->wrote(info, static_cast<std::uint64_t>(offset), bytes, (::fcntl(fd, F_GETFL) & O_DSYNC) != 0);
  return count;
}

ssize_t record_writev(int fd, const iovec* parts, int count, off_t offset, auto write) {
  return record_write(fd, offset, write,
                      [&](std::size_t length) { return first_bytes(parts, count, length); });
}

/// What `fd` holds before where it stands, or before `end`: for calls that copy between files.
std::string read_back(int fd, off_t end, std::size_t length) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  NEXT(open);
  const int reader = next(path.c_str(), O_RDONLY | O_CLOEXEC, 0);
  std::string bytes(length, '\0');
  const ssize_t got = ::pread(reader, bytes.data(), length, end - static_cast<off_t>(length));
  ::close(reader);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

template <class Change>
int record_truncate(const Hook& hook, int fd, std::uint64_t size, Change change) {
  const int changed = change();
  struct stat info {};
  if (hook && changed == 0 && ::fstat(fd, &info) == 0) hook->truncated(info, size);
  return changed;
}

/// Space that is allocated counts as a size that changes, and otherwise not at all.
template <class Allocate>
int record_allocate(int fd, off_t end, Allocate allocate) {
  const Hook hook;
  struct stat before {};
  if (hook) static_cast<void>(::fstat(fd, &before));
  const int allocated = allocate();
  if (hook && allocated == 0 && end > before.st_size) {
    hook->truncated(before, static_cast<std::uint64_t>(end));
  }
  return allocated;
}

template <class Sync>
int record_sync(DiskOp how, int fd, Sync sync) {
  const Hook hook;
  const int synced = sync();
  struct stat info {};
  if (hook && synced == 0 && ::fstat(fd, &info) == 0) hook->synced(how, info);
  return synced;
}

/// `flags` as fstatat's.
template <class Change>
int record_attributes(int dirfd, const char* path, int flags, Change change) {
  const Hook hook;
  const int changed = change();
  struct stat info {};
  if (hook && changed == 0 && ::fstatat(dirfd, path, &info, flags) == 0) hook->changed_attributes(info);
  return changed;
}

}  // namespace
}  // namespace bayplan::test

// NOLINTBEGIN: these are the C library's names and shapes
using namespace bayplan::test;

extern "C" {

ssize_t write(int fd, const void* bytes, size_t length) {
  NEXT(write);
  const iovec part{const_cast<void*>(bytes), length};
  return record_writev(fd, &part, 1, kCurrent, [&] { return next(fd, bytes, length); });
}
ssize_t writev(int fd, const iovec* parts, int count) {
  NEXT(writev);
  return record_writev(fd, parts, count, kCurrent, [&] { return next(fd, parts, count); });
}

#define HOOK_PWRITE(pwrite)                                                                      \
  ssize_t pwrite(int fd, const void* bytes, size_t length, off_t offset) {                       \
    NEXT(pwrite);                                                                                \
    const iovec part{const_cast<void*>(bytes), length};                                          \
    return record_writev(fd, &part, 1, offset, [&] { return next(fd, bytes, length, offset); }); \
  }
HOOK_PWRITE(pwrite)
HOOK_PWRITE(pwrite64)

#define HOOK_PWRITEV(pwritev)                                                                       \
  ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {                            \
    NEXT(pwritev);                                                                                  \
    return record_writev(fd, parts, count, offset, [&] { return next(fd, parts, count, offset); }); \
  }
HOOK_PWRITEV(pwritev)
HOOK_PWRITEV(pwritev64)

#define HOOK_PWRITEV2(pwritev2)                                                                            \
  ssize_t pwritev2(int fd, const iovec* parts, int count, off_t offset, int flags) {                       \
    NEXT(pwritev2);                                                                                        \
    return record_writev(fd, parts, count, offset, [&] { return next(fd, parts, count, offset, flags); }); \
  }
HOOK_PWRITEV2(pwritev2)
HOOK_PWRITEV2(pwritev64v2)

ssize_t copy_file_range(int from, off64_t* from_offset, int to, off64_t* to_offset, size_t length,
                        unsigned flags) {
  NEXT(copy_file_range);
  const off64_t offset = to_offset == nullptr ? kCurrent : *to_offset;
  return record_write(
      to, offset, [&] { return next(from, from_offset, to, to_offset, length, flags); },
      [&](size_t count) {
        return read_back(to, to_offset == nullptr ? ::lseek(to, 0, SEEK_CUR) : *to_offset, count);
      });
}
ssize_t sendfile(int to, int from, off_t* offset, size_t length) noexcept {
  NEXT(sendfile);
  return record_write(
      to, kCurrent, [&] { return next(to, from, offset, length); },
      [&](size_t count) { return read_back(to, ::lseek(to, 0, SEEK_CUR), count); });
}

int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  NEXT(ioctl);
  if (request != FICLONE) return next(fd, request, argument);
  const Hook hook;
  const int cloned = next(fd, request, argument);
  struct stat info {};
  if (hook && cloned == 0 && ::fstat(fd, &info) == 0) {
    hook->wrote(info, 0, read_back(fd, info.st_size, static_cast<size_t>(info.st_size)), false);
  }
  return cloned;
}

#define HOOK_FTRUNCATE(ftruncate)                                                                       \
  int ftruncate(int fd, off_t size) noexcept {                                                          \
    NEXT(ftruncate);                                                                                    \
    const Hook hook;                                                                                    \
    return record_truncate(hook, fd, static_cast<std::uint64_t>(size), [&] { return next(fd, size); }); \
  }
HOOK_FTRUNCATE(ftruncate)
HOOK_FTRUNCATE(ftruncate64)

#define HOOK_FALLOCATE(fallocate)                                           \
  int fallocate(int fd, int mode, off_t offset, off_t length) {             \
    NEXT(fallocate);                                                        \
    return record_allocate(fd, mode == 0 ? offset + length : 0,             \
                           [&] { return next(fd, mode, offset, length); }); \
  }
HOOK_FALLOCATE(fallocate)
HOOK_FALLOCATE(fallocate64)

#define HOOK_POSIX_FALLOCATE(posix_fallocate)                                              \
  int posix_fallocate(int fd, off_t offset, off_t length) {                                \
    NEXT(posix_fallocate);                                                                 \
    return record_allocate(fd, offset + length, [&] { return next(fd, offset, length); }); \
  }
HOOK_POSIX_FALLOCATE(posix_fallocate)
HOOK_POSIX_FALLOCATE(posix_fallocate64)

int fsync(int fd) {
  NEXT(fsync);
  return record_sync(DiskOp::sync_file, fd, [&] { return next(fd); });
}
int fdatasync(int fd) {
  NEXT(fdatasync);
  return record_sync(DiskOp::sync_data, fd, [&] { return next(fd); });
}
int syncfs(int fd) noexcept {
  NEXT(syncfs);
  return record_sync(DiskOp::sync_fs, fd, [&] { return next(fd); });
}

int chmod(const char* path, mode_t mode) noexcept {
  NEXT(chmod);
  return record_attributes(AT_FDCWD, path, 0, [&] { return next(path, mode); });
}
int fchmod(int fd, mode_t mode) noexcept {
  NEXT(fchmod);
  return record_attributes(fd, "", AT_EMPTY_PATH, [&] { return next(fd, mode); });
}
int fchmodat(int dirfd, const char* path, mode_t mode, int flags) noexcept {
  NEXT(fchmodat);
  return record_attributes(dirfd, path, flags, [&] { return next(dirfd, path, mode, flags); });
}
int fchown(int fd, uid_t owner, gid_t group) noexcept {
  NEXT(fchown);
  return record_attributes(fd, "", AT_EMPTY_PATH, [&] { return next(fd, owner, group); });
}
int fchownat(int dirfd, const char* path, uid_t owner, gid_t group, int flags) noexcept {
  NEXT(fchownat);
  return record_attributes(dirfd, path, flags, [&] { return next(dirfd, path, owner, group, flags); });
}
int futimens(int fd, const timespec times[2]) noexcept {
  NEXT(futimens);
  return record_attributes(fd, "", AT_EMPTY_PATH, [&] { return next(fd, times); });
}
int utimensat(int dirfd, const char* path, const timespec times[2], int flags) noexcept {
  NEXT(utimensat);
  return record_attributes(dirfd, path, flags, [&] { return next(dirfd, path, times, flags); });
}
int fsetxattr(int fd, const char* name, const void* value, size_t size, int flags) noexcept {
  NEXT(fsetxattr);
  return record_attributes(fd, "", AT_EMPTY_PATH, [&] { return next(fd, name, value, size, flags); });
}
int setxattr(const char* path, const char* name, const void* value, size_t size, int flags) noexcept {
  NEXT(setxattr);
  return record_attributes(AT_FDCWD, path, 0, [&] { return next(path, name, value, size, flags); });
}

}  // extern "C"
// NOLINTEND
