// Hooks of the calls that make, move and remove names.
#undef _FILE_OFFSET_BITS
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "crash/power_cut/recorder_hook.h"

namespace bayplan::test {
namespace {

/// A file as it is now, its link not followed; empty when there is none.
struct Found {
  Found(int dirfd, const char* path) : there(::fstatat(dirfd, path, &info, AT_SYMLINK_NOFOLLOW) == 0) {}
  struct stat info {};
  bool there;
};

/// Runs `open`, an open of `path`, and records what it makes or empties.
template <class Open>
int record_open(int dirfd, const char* path, std::uint64_t flags, Open open) {
  const Hook hook;
  if (!hook) return open();
  struct stat before {};
  const bool existed = ::fstatat(dirfd, path, &before, 0) == 0;
  const auto place = hook->locate(dirfd, path);
  const int fd = open();
  const int saved_errno = errno;
  struct stat info {};
  if (fd >= 0 && ::fstat(fd, &info) == 0) {
    const bool nameless = (flags & O_TMPFILE) == O_TMPFILE;
    if (nameless) hook->created_unnamed(place.kind, info);
    if (!existed && (flags & O_CREAT) != 0) hook->created(place, info);
    if (existed && (flags & O_TRUNC) != 0 && S_ISREG(info.st_mode)) hook->truncated(info, 0);
  }
  errno = saved_errno;
  return fd;
}

template <class Make>
int record_make(int dirfd, const char* path, const char* target, Make make) {
  const Hook hook;
  const int made = make();
  if (!hook || made != 0) return made;
  const Found found(dirfd, path);
  hook->created(hook->locate(dirfd, path), found.info, target == nullptr ? "" : target);
  return made;
}

template <class Remove>
int record_remove(int dirfd, const char* path, Remove remove) {
  const Hook hook;
  if (!hook) return remove();
  const Found found(dirfd, path);
  const auto place = hook->locate(dirfd, path);
  const int removed = remove();
  if (removed == 0) hook->unlinked(place, found.info);
  return removed;
}

template <class Rename>
int record_rename(int from_dir, const char* from, int to_dir, const char* to, unsigned flags, Rename rename) {
  const Hook hook;
  if (!hook) return rename();
  const Found replaced(to_dir, to);
  const auto from_place = hook->locate(from_dir, from);
  const auto to_place = hook->locate(to_dir, to);
  const int renamed = rename();
  if (renamed != 0) return renamed;
  if ((flags & ~static_cast<unsigned>(RENAME_NOREPLACE)) != 0) hook->not_understood("a rename with flags");
  hook->renamed(from_place, to_place, replaced.there ? &replaced.info : nullptr);
  return renamed;
}

template <class Link>
int record_link(int to_dir, const char* to, Link link) {
  const Hook hook;
  const int linked = link();
  if (!hook || linked != 0) return linked;
  hook->linked(hook->locate(to_dir, to), Found(to_dir, to).info);
  return linked;
}

mode_t mode_argument(int flags, va_list& arguments) {
  const bool given = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return given ? static_cast<mode_t>(va_arg(arguments, unsigned)) : 0;
}

}  // namespace
}  // namespace bayplan::test

// NOLINTBEGIN: these are the C library's names and shapes
using namespace bayplan::test;

extern "C" {

#define HOOK_OPEN(open)                                              \
  int open(const char* path, int flags, ...) {                       \
    va_list arguments;                                               \
    va_start(arguments, flags);                                      \
    const mode_t mode = mode_argument(flags, arguments);             \
    va_end(arguments);                                               \
    NEXT(open);                                                      \
    return record_open(AT_FDCWD, path, static_cast<unsigned>(flags), \
                       [&] { return next(path, flags, mode); });     \
  }
HOOK_OPEN(open)
HOOK_OPEN(open64)

#define HOOK_OPENAT(openat)                                             \
  int openat(int dirfd, const char* path, int flags, ...) {             \
    va_list arguments;                                                  \
    va_start(arguments, flags);                                         \
    const mode_t mode = mode_argument(flags, arguments);                \
    va_end(arguments);                                                  \
    NEXT(openat);                                                       \
    return record_open(dirfd, path, static_cast<unsigned>(flags),       \
                       [&] { return next(dirfd, path, flags, mode); }); \
  }
HOOK_OPENAT(openat)
HOOK_OPENAT(openat64)

// openat2 has no function of its own.
long syscall(long number, ...) noexcept {
  std::array<long, 6> values{};
  va_list arguments;
  va_start(arguments, number);
  for (long& value : values) value = va_arg(arguments, long);
  va_end(arguments);
  NEXT(syscall);
  const auto call = [&] {
    return next(number, values[0], values[1], values[2], values[3], values[4], values[5]);
  };
  if (number != SYS_openat2) return call();
  const auto* const how = reinterpret_cast<const open_how*>(values[2]);
  return record_open(static_cast<int>(values[0]), reinterpret_cast<const char*>(values[1]), how->flags,
                     [&] { return static_cast<int>(call()); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  NEXT(mkdir);
  return record_make(AT_FDCWD, path, nullptr, [&] { return next(path, mode); });
}
int mkdirat(int dirfd, const char* path, mode_t mode) noexcept {
  NEXT(mkdirat);
  return record_make(dirfd, path, nullptr, [&] { return next(dirfd, path, mode); });
}
int mknodat(int dirfd, const char* path, mode_t mode, dev_t device) noexcept {
  NEXT(mknodat);
  return record_make(dirfd, path, nullptr, [&] { return next(dirfd, path, mode, device); });
}
int symlink(const char* target, const char* path) noexcept {
  NEXT(symlink);
  return record_make(AT_FDCWD, path, target, [&] { return next(target, path); });
}
int symlinkat(const char* target, int dirfd, const char* path) noexcept {
  NEXT(symlinkat);
  return record_make(dirfd, path, target, [&] { return next(target, dirfd, path); });
}
int link(const char* from, const char* to) noexcept {
  NEXT(link);
  return record_link(AT_FDCWD, to, [&] { return next(from, to); });
}
int linkat(int from_dir, const char* from, int to_dir, const char* to, int flags) noexcept {
  NEXT(linkat);
  return record_link(to_dir, to, [&] { return next(from_dir, from, to_dir, to, flags); });
}
int unlink(const char* path) noexcept {
  NEXT(unlink);
  return record_remove(AT_FDCWD, path, [&] { return next(path); });
}
int rmdir(const char* path) noexcept {
  NEXT(rmdir);
  return record_remove(AT_FDCWD, path, [&] { return next(path); });
}
int remove(const char* path) noexcept {
  NEXT(remove);
  return record_remove(AT_FDCWD, path, [&] { return next(path); });
}
int unlinkat(int dirfd, const char* path, int flags) noexcept {
  NEXT(unlinkat);
  return record_remove(dirfd, path, [&] { return next(dirfd, path, flags); });
}
int rename(const char* from, const char* to) noexcept {
  NEXT(rename);
  return record_rename(AT_FDCWD, from, AT_FDCWD, to, 0, [&] { return next(from, to); });
}
int renameat(int from_dir, const char* from, int to_dir, const char* to) noexcept {
  NEXT(renameat);
  return record_rename(from_dir, from, to_dir, to, 0, [&] { return next(from_dir, from, to_dir, to); });
}
int renameat2(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) noexcept {
  NEXT(renameat2);
  return record_rename(from_dir, from, to_dir, to, flags,
                       [&] { return next(from_dir, from, to_dir, to, flags); });
}

int mount(const char* source, const char* target, const char* type, unsigned long flags,
          const void* data) noexcept {
  NEXT(mount);
  const Hook hook;
  const bool overlay = hook && data != nullptr && type != nullptr && std::string_view(type) == "overlay";
  const std::uint64_t upper = overlay ? hook->upper_of(static_cast<const char*>(data)) : 0;
  const int mounted = next(source, target, type, flags, data);
  if (overlay && mounted == 0) hook->mounted_overlay(target, upper);
  return mounted;
}

}  // extern "C"
// NOLINTEND
