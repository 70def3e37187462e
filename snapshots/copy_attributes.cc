#include "copy_attributes.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace bayplan::snapshots {
namespace {

// The kernel's own limits on one value and on all names of a file (XATTR_SIZE_MAX, XATTR_LIST_MAX).
constexpr std::size_t kMaxXattrBytes = 65536;

Error failed(std::string_view name, std::string_view call) {
  return Error::from_errno(errno, "file", name, call);
}

// The file behind a descriptor, an O_PATH one too; what it leads to is never followed further.
std::string self_path(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

bool is_overlay_note(std::string_view xattr) {
  return xattr.starts_with("trusted.overlay.") || xattr.starts_with("user.overlay.");
}

Result<void> copy_xattr(const std::string& from, const std::string& to, const char* xattr,
                        std::string& buffer, std::string_view name) {
  buffer.resize(kMaxXattrBytes);
  const ssize_t size = ::getxattr(from.c_str(), xattr, buffer.data(), buffer.size());
  if (size < 0) return failed(name, "getxattr");
  if (::setxattr(to.c_str(), xattr, buffer.data(), static_cast<std::size_t>(size), 0) != 0) {
    return failed(name, "setxattr");
  }
  return {};
}

Result<void> copy_xattrs(int from, int to, OverlayNotes notes, std::string_view name) {
  const std::string from_path = self_path(from);
  std::array<char, 256> small{};
  ssize_t size = ::listxattr(from_path.c_str(), small.data(), small.size());
  if (size == 0 || (size < 0 && errno == EOPNOTSUPP)) return {};
  std::string names(small.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (size < 0) {
    if (errno != ERANGE) return failed(name, "listxattr");
    names.resize(kMaxXattrBytes);
    size = ::listxattr(from_path.c_str(), names.data(), names.size());
    if (size < 0) return failed(name, "listxattr");
    names.resize(static_cast<std::size_t>(size));
  }
  const std::string to_path = self_path(to);
  std::string buffer;
  for (const char* xattr = names.data(); xattr < names.data() + names.size();
       xattr += std::strlen(xattr) + 1) {
    if (notes == OverlayNotes::skip && is_overlay_note(xattr)) continue;
    BAYPLAN_TRY(copy_xattr(from_path, to_path, xattr, buffer, name));
  }
  return {};
}

// The owner is one that the kernel shows in place of those that this user namespace has no id for.
Error chown_failed(const struct stat& info, std::string_view name) {
  if (errno != EINVAL) return failed(name, "fchownat");
  return Error(Errc::unsupported, "file", name,
               "owner " + std::to_string(info.st_uid) + ":" + std::to_string(info.st_gid) +
                   " does not exist in this user namespace")
      .with_advice(
          "run as root, or in a user namespace with enough subordinate ids (subuid(5), newuidmap(1))");
}

}  // namespace

Result<void> copy_attributes(int from, const struct stat& info, int to, OverlayNotes notes,
                             std::string_view name) {
  // In this order: chown takes set-id bits and capabilities away, an ACL changes the mode, and all change
  // times.
  if (::fchownat(to, "", info.st_uid, info.st_gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0) {
    return chown_failed(info, name);
  }
  BAYPLAN_TRY(copy_xattrs(from, to, notes, name));
  const std::string path = self_path(to);
  if (!S_ISLNK(info.st_mode) && ::chmod(path.c_str(), info.st_mode & 07777u) != 0)
    return failed(name, "chmod");
  const std::array<struct timespec, 2> times{info.st_atim, info.st_mtim};
  if (::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) != 0) return failed(name, "utimensat");
  return {};
}

}  // namespace bayplan::snapshots
