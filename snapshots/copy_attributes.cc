#include "copy_attributes.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "file_writer.h"
#include "xattr_names.h"

namespace bayplan::snapshots {
namespace {

// The kernel's own limit on one value (XATTR_SIZE_MAX).
constexpr std::size_t kMaxXattrBytes = 65536;

Error failed(std::string_view name, std::string_view call) {
  return Error::from_errno(errno, "file", name, call);
}

// The file behind a descriptor, an O_PATH one too; what it leads to is never followed further.
std::string self_path(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

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
  BAYPLAN_ASSIGN(
      const auto names,
      xattr_names([&](char* text, std::size_t size) { return ::listxattr(from_path.c_str(), text, size); },
                  name));
  const std::string to_path = self_path(to);
  std::string buffer;
  for (const std::string& xattr : names) {
    if (notes == OverlayNotes::skip && is_overlay_note(xattr)) continue;
    BAYPLAN_TRY(copy_xattr(from_path, to_path, xattr.c_str(), buffer, name));
  }
  return {};
}

}  // namespace

Result<void> copy_attributes(int from, const struct stat& info, int to, OverlayNotes notes,
                             std::string_view name) {
  // In this order: chown takes set-id bits and capabilities away, an ACL changes the mode, and all change
  // times.
  if (::fchownat(to, "", info.st_uid, info.st_gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0) {
    // It is what the kernel shows in place of owners that this user namespace has no id for.
    return owner_refused(std::string(name), info.st_uid, info.st_gid);
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
