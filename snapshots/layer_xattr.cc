#include "layer_xattr.h"

#include <sys/xattr.h>

#include <cerrno>

#include "layer_context.h"
#include "xattr_names.h"

namespace bayplan::snapshots {
namespace {

constexpr std::string_view kDefaultAcl = "system.posix_acl_default";

constexpr std::string_view kAccessAcl = "system.posix_acl_access";

// There is no call for O_PATH descriptors before Linux 6.13; the link leads to the inode itself, even to that
// of a symbolic link, and no further.
std::string link_to(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

int set_one(XattrTarget target, const std::string& name, const std::string& value) {
  if (!target.path_only) return ::fsetxattr(target.fd, name.c_str(), value.data(), value.size(), 0);
  return ::setxattr(link_to(target.fd).c_str(), name.c_str(), value.data(), value.size(), 0);
}

int remove_one(XattrTarget target, std::string_view name) {
  if (!target.path_only) return ::fremovexattr(target.fd, name.data());
  return ::removexattr(link_to(target.fd).c_str(), name.data());
}

bool is_plain(TarType type) { return type == TarType::file || type == TarType::directory; }

// What to make of a failed call: a warning, or the end.
Result<void> failed(LayerContext& context, const TarEntry& entry, const std::string& name) {
  const int code = errno;
  if (code == ENOTSUP) {
    context.warn_xattrs_unsupported("the file system does not take extended attribute " + quoted(name) +
                                    " of " + quoted(entry.name) + ", nor maybe others");
    return {};
  }
  if (code == EPERM && name.starts_with("user.") && !is_plain(entry.type)) {
    context.warn("dropped extended attribute " + quoted(name) + " of " + quoted(entry.name) +
                 ": only files and directories have such");
    return {};
  }
  if (code == E2BIG) return Error(Errc::too_large, "xattr", name, "the system does not take as much");
  if (code == EINVAL || code == ERANGE || code == EUCLEAN) {
    return Error(Errc::invalid_argument, "xattr", name, "the system does not take the name or the value");
  }
  return Error::from_errno(code, "xattr", name, "setxattr");
}

}  // namespace

bool settable_xattr(std::string_view name) noexcept {
  if (name.starts_with("user.")) return !name.starts_with("user.overlay.");
  return name == "security.capability" || name == kAccessAcl || name == kDefaultAcl;
}

Result<void> set_xattrs(LayerContext& context, const TarEntry& entry, XattrTarget target) {
  for (const auto& [name, value] : entry.xattrs) {
    const bool fits = name != kDefaultAcl || entry.type == TarType::directory;
    if (!fits || !settable_xattr(name)) {
      context.warn("dropped extended attribute " + quoted(name) + " of " + quoted(entry.name));
      continue;
    }
    if (set_one(target, name, value) != 0) BAYPLAN_TRY(failed(context, entry, name));
  }
  return {};
}

bool has_default_acl(int dir) noexcept { return ::fgetxattr(dir, kDefaultAcl.data(), nullptr, 0) > 0; }

void strip_inherited_acl(XattrTarget target) noexcept {
  // Neither needs to be there, nor needs the file system to know them.
  static_cast<void>(remove_one(target, kAccessAcl));
  static_cast<void>(remove_one(target, kDefaultAcl));
}

Result<void> remove_other_xattrs(int fd, const std::map<std::string, std::string>& keep,
                                 std::string_view name) {
  BAYPLAN_ASSIGN(
      const std::vector<std::string> present,
      xattr_names([fd](char* text, std::size_t size) { return ::flistxattr(fd, text, size); }, name));
  for (const std::string& each : present) {
    if (!settable_xattr(each) || keep.contains(each)) continue;
    if (::fremovexattr(fd, each.c_str()) != 0 && errno != ENODATA && errno != ENOTSUP) {
      return Error::from_errno(errno, "xattr", each, "fremovexattr");
    }
  }
  return {};
}

}  // namespace bayplan::snapshots
