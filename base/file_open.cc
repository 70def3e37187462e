#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "file_call.h"

namespace bayplan::file {
namespace {

constexpr mode_t kPrivateMode = 0700;
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

// Narrows an existing directory of ours to us, as umask or an operator may have left it open.
Result<void> repair_private(int fd, std::string_view name) {
  BAYPLAN_ASSIGN(const struct stat info, stat_fd(fd, name));
  if ((info.st_mode & 0777u) == kPrivateMode || info.st_uid != ::geteuid()) return {};
  if ((info.st_mode & static_cast<mode_t>(S_ISVTX)) != 0) {
    return Error(Errc::failed_precondition, "directory", name, "is shared with other users")
        .with_advice("name a directory of its own below it");
  }
  if (::fchmod(fd, kPrivateMode) != 0) return directory_error(name, "fchmod");
  return {};
}

// mkdirat and, when that made something, fsync of `dir`. True when it made something.
Result<bool> make_private(int dir, const char* component, std::string_view name) {
  if (::mkdirat(dir, component, kPrivateMode) != 0) {
    if (errno == EEXIST) return false;
    return directory_error(name, "mkdirat");
  }
  // `dir` may be an O_PATH descriptor, which cannot be synced.
  const UniqueFd readable(retry([&] { return ::openat(dir, ".", kDirectoryFlags); }));
  if (!readable) return directory_error(name, "openat");
  BAYPLAN_TRY(sync_dir(readable.get(), name));
  return true;
}

std::string path_of_fd(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

Result<UniqueFd> enter(int dir, const char* component, std::string_view name) {
  UniqueFd next(retry([&] { return ::openat(dir, component, O_PATH | O_DIRECTORY | O_CLOEXEC); }));
  if (!next) return directory_error(name, "openat");
  return next;
}

}  // namespace

Result<UniqueFd> open_dir(const std::filesystem::path& path) {
  BAYPLAN_TRY(check_path(path.native()));
  UniqueFd fd(retry([&] { return ::open(path.c_str(), kDirectoryFlags); }));
  if (!fd) return directory_error(path.native(), "open");
  return fd;
}

Result<UniqueFd> open_dir_at(int dir, const std::string& name) {
  BAYPLAN_TRY(check_name(name));
  UniqueFd fd(retry([&] { return ::openat(dir, name.c_str(), kDirectoryFlags | O_NOFOLLOW); }));
  if (!fd) return directory_error(name, "openat");
  return fd;
}

Result<UniqueFd> ensure_private_dir(const std::filesystem::path& path, ExistingMode existing) {
  if (path.empty()) return Error(Errc::invalid_argument, "directory", {}, "the path is empty");
  BAYPLAN_TRY(check_path(path.native()));
  BAYPLAN_ASSIGN(UniqueFd at, enter(AT_FDCWD, path.is_absolute() ? "/" : ".", path.native()));
  bool made = false;
  for (const std::filesystem::path& part : path.relative_path()) {
    if (part.empty()) continue;  // a slash at the end
    auto next = enter(at.get(), part.c_str(), path.native());
    made = false;
    if (!next && next.error().code() == Errc::not_found) {
      BAYPLAN_ASSIGN(made, make_private(at.get(), part.c_str(), path.native()));
      next = enter(at.get(), part.c_str(), path.native());
    }
    BAYPLAN_ASSIGN(at, std::move(next));
  }
  UniqueFd fd(retry([&] { return ::openat(at.get(), ".", kDirectoryFlags); }));
  if (!fd) return directory_error(path.native(), "openat");
  if (!made && existing == ExistingMode::repair) BAYPLAN_TRY(repair_private(fd.get(), path.native()));
  return fd;
}

Result<UniqueFd> ensure_private_dir_at(int dir, const std::string& name, ExistingMode existing) {
  BAYPLAN_TRY(check_name(name));
  BAYPLAN_ASSIGN(const bool made, make_private(dir, name.c_str(), name));
  BAYPLAN_ASSIGN(UniqueFd fd, open_dir_at(dir, name));
  if (!made && existing == ExistingMode::repair) BAYPLAN_TRY(repair_private(fd.get(), name));
  return fd;
}

Result<UniqueFd> open_beneath(int dir, const std::string& path, int flags, mode_t mode) {
  BAYPLAN_TRY(check_path(path));
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd(
      static_cast<int>(retry([&] { return ::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof(how)); })));
  if (fd) return fd;
  if (errno == EXDEV) return Error(Errc::invalid_argument, "file", path, "leads out of its directory");
  return file_error(path, "openat2");
}

Result<UniqueFd> open_regular(int dir, const std::string& path) {
  BAYPLAN_ASSIGN(UniqueFd fd, open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  BAYPLAN_ASSIGN(const struct stat info, stat_fd(fd.get(), path));
  if (!S_ISREG(info.st_mode)) return Error(Errc::invalid_argument, "file", path, "not a regular file");
  return fd;
}

Result<std::optional<UniqueFd>> create_unnamed(int dir, mode_t mode, std::string_view name) {
  if (!fault::at(fault::Point::unnamed_file)) return std::optional<UniqueFd>();
  UniqueFd fd(retry([&] { return ::openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode); }));
  // Kernels that do not know the flag see an attempt to write to a directory.
  if (!fd && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) return std::optional<UniqueFd>();
  if (!fd) return file_error(name, "openat");
  if (::fchmod(fd.get(), mode) != 0) return file_error(name, "fchmod");
  if (::access(path_of_fd(fd.get()).c_str(), F_OK) != 0) return std::optional<UniqueFd>();
  return std::optional(std::move(fd));
}

Result<void> link_unnamed(int fd, int dir, const std::string& name) {
  BAYPLAN_TRY(check_name(name));
  // AT_EMPTY_PATH would ask for CAP_DAC_READ_SEARCH.
  const std::string path = path_of_fd(fd);
  if (::linkat(AT_FDCWD, path.c_str(), dir, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
    return file_error(name, "linkat");
  return {};
}

Result<struct stat> stat_fd(int fd, std::string_view name) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return file_error(name, "fstat");
  return info;
}

Result<struct stat> stat_at(int dir, const std::string& name) {
  BAYPLAN_TRY(check_name(name));
  struct stat info {};
  if (::fstatat(dir, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return file_error(name, "fstatat");
  return info;
}

}  // namespace bayplan::file
