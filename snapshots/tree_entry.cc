#include "tree_entry.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <tuple>

#include "layer_xattr.h"
#include "tar_header.h"
#include "xattr_names.h"

namespace bayplan::snapshots {
namespace {

// The kernel's own limit on one value (XATTR_SIZE_MAX).
constexpr std::size_t kMaxXattrBytes = 65536;

TarType type_of(mode_t mode) noexcept {
  if (S_ISDIR(mode)) return TarType::directory;
  if (S_ISLNK(mode)) return TarType::symlink;
  if (S_ISCHR(mode)) return TarType::char_device;
  if (S_ISBLK(mode)) return TarType::block_device;
  return S_ISFIFO(mode) ? TarType::fifo : TarType::file;
}

Result<std::string> read_link(int dir, const std::string& name) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = ::readlinkat(dir, name.c_str(), target.data(), target.size());
  if (size < 0) return Error::from_errno(errno, "symbolic link", name, "readlinkat");
  target.resize(static_cast<std::size_t>(size));
  return target;
}

Result<void> read_xattrs(int dir, const std::string& name, TreeEntry& entry) {
  // There is no call relative to a directory before Linux 6.13; the link leads to `dir` itself.
  const std::string path = "/proc/self/fd/" + std::to_string(dir) + "/" + name;
  BAYPLAN_ASSIGN(
      const auto names,
      xattr_names([&](char* text, std::size_t size) { return ::llistxattr(path.c_str(), text, size); },
                  name));
  std::string value;
  for (const std::string& xattr : names) {
    const bool note = is_overlay_note(xattr);
    if (!note && !settable_xattr(xattr)) continue;
    value.resize(kMaxXattrBytes);
    const ssize_t size = ::lgetxattr(path.c_str(), xattr.c_str(), value.data(), value.size());
    if (size < 0) return Error::from_errno(errno, "file", name, "lgetxattr");
    value.resize(static_cast<std::size_t>(size));
    (note ? entry.overlay : entry.tar.xattrs).emplace(xattr, value);
  }
  return {};
}

}  // namespace

bool is_whiteout_device(const struct stat& info) noexcept {
  return S_ISCHR(info.st_mode) && info.st_rdev == 0;
}

bool has_place_in_layer(const struct stat& info) noexcept {
  return !S_ISSOCK(info.st_mode) && !is_whiteout_device(info);
}

Result<TreeEntry> read_entry(int dir, const std::string& name, const struct stat& info) {
  TreeEntry entry;
  TarEntry& tar = entry.tar;
  tar.type = type_of(info.st_mode);
  tar.mode = info.st_mode & 07777u;
  tar.uid = info.st_uid;
  tar.gid = info.st_gid;
  tar.mtime = tar_time(info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  if (tar.type == TarType::file) tar.size = static_cast<std::uint64_t>(info.st_size);
  if (tar.type == TarType::char_device || tar.type == TarType::block_device) {
    tar.dev_major = major(info.st_rdev);
    tar.dev_minor = minor(info.st_rdev);
  }
  if (tar.type == TarType::symlink) {
    BAYPLAN_ASSIGN(tar.link, read_link(dir, name));
  }
  BAYPLAN_TRY(read_xattrs(dir, name, entry));
  return entry;
}

bool same_but_content(const TarEntry& a, const TarEntry& b) noexcept {
  const auto members = [](const TarEntry& entry) {
    return std::tie(entry.type, entry.link, entry.mode, entry.uid, entry.gid, entry.mtime, entry.size,
                    entry.dev_major, entry.dev_minor, entry.xattrs);
  };
  return members(a) == members(b);
}

}  // namespace bayplan::snapshots
