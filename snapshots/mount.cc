#include "bayplan/snapshots/mount.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "mount_options.h"
#include "own_thread.h"

namespace bayplan::snapshots {
namespace {

bool has_label(const Mount& mount) {
  return std::any_of(mount.options.begin(), mount.options.end(),
                     [](const std::string& option) { return option.starts_with("context="); });
}

Error mount_failed(int os_errno, const Mount& mount, std::string_view call) {
  if (os_errno == EINVAL && has_label(mount)) {
    return Error(Errc::unsupported, "mount", mount.source, "the kernel does not take the mount label")
        .with_advice("it needs SELinux, and a policy that knows the label");
  }
  Error error = Error::from_errno(os_errno, "mount", mount.source, call);
  if (os_errno != ENODEV) return error;
  return Error(Errc::unsupported, "mount", mount.source,
               "the kernel has no file system " + quoted(mount.type));
}

// Relative to the thread's own working directory, as the same text with full paths does not fit into a page.
Result<void> mount_relative(const Mount& mount, const MountCall& call, const std::string& target) {
  BAYPLAN_ASSIGN(const RelativeOverlay overlay, relative_overlay(call.data));
  if (overlay.data.size() >= static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
    return Error(Errc::unsupported, "mount", mount.source, "its layers do not fit into one page of options");
  }
  return on_own_thread([&]() -> Result<void> {
    if (::unshare(CLONE_FS) != 0) return mount_failed(errno, mount, "unshare");
    if (::chdir(overlay.base.c_str()) != 0) return mount_failed(errno, mount, "chdir");
    if (::mount(mount.source.c_str(), target.c_str(), "overlay", call.flags, overlay.data.c_str()) == 0) {
      return {};
    }
    return mount_failed(errno, mount, "mount");
  });
}

Result<void> mount_overlay(const Mount& mount, const MountCall& call, const std::string& target) {
  const std::string data = join_options(call.data);
  if (data.size() >= static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
    return mount_relative(mount, call, target);
  }
  if (::mount(mount.source.c_str(), target.c_str(), "overlay", call.flags, data.c_str()) == 0) return {};
  return mount_failed(errno, mount, "mount");
}

// Flags that a user namespace inherits are locked: a remount must name them again.
unsigned long inherited_flags(const std::string& target) {
  struct statvfs info {};
  if (::statvfs(target.c_str(), &info) != 0) return 0;
  unsigned long flags = 0;
  for (const auto& [seen, flag] : {std::pair<unsigned long, unsigned long>{ST_NODEV, MS_NODEV},
                                   {ST_NOSUID, MS_NOSUID},
                                   {ST_NOEXEC, MS_NOEXEC},
                                   {ST_NOATIME, MS_NOATIME},
                                   {ST_RELATIME, MS_RELATIME},
                                   {ST_RDONLY, MS_RDONLY}}) {
    if ((info.f_flag & seen) != 0) flags |= flag;
  }
  return flags;
}

Result<void> mount_bind(const Mount& mount, const MountCall& call, const std::string& target) {
  const unsigned long kind = MS_BIND | MS_REC;
  if (::mount(mount.source.c_str(), target.c_str(), nullptr, call.flags & kind, nullptr) != 0) {
    return mount_failed(errno, mount, "mount");
  }
  // A bind takes its flags from the source; only a remount gives it its own.
  if ((call.flags & ~kind) == 0) return {};
  const unsigned long flags = MS_BIND | MS_REMOUNT | (call.flags & ~kind) | inherited_flags(target);
  if (::mount(nullptr, target.c_str(), nullptr, flags, nullptr) == 0) return {};
  const Error error = mount_failed(errno, mount, "mount");
  ::umount2(target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  return error;
}

Result<void> mount_one(const Mount& mount, const std::string& target) {
  BAYPLAN_ASSIGN(const MountCall call, parse_mount(mount));
  if ((call.flags & MS_BIND) != 0) return mount_bind(mount, call, target);
  return mount_overlay(mount, call, target);
}

}  // namespace

Result<void> mount_all(const std::vector<Mount>& mounts, const std::filesystem::path& target) {
  BAYPLAN_ASSIGN(const std::string path, absolute_path(target));
  std::size_t made = 0;
  for (const Mount& mount : mounts) {
    auto mounted = mount_one(mount, path);
    if (!mounted) {
      for (; made > 0; --made) ::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
      return std::move(mounted).with_context("mount point", path);
    }
    ++made;
  }
  return {};
}

Result<void> unmount_all(const std::filesystem::path& target, WhenBusy when_busy) {
  while (true) {
    if (::umount2(target.c_str(), UMOUNT_NOFOLLOW) == 0) continue;
    const bool detach = errno == EBUSY && when_busy == WhenBusy::detach;
    if (detach && ::umount2(target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) continue;
    if (errno == EINVAL || errno == ENOENT) return {};
    if (errno == EBUSY) return Error(Errc::busy, "mount point", target.native(), "files in it are open");
    return Error::from_errno(errno, "mount point", target.native(), "umount2");
  }
}

Result<bool> is_mount_point(const std::filesystem::path& path) {
  struct statx info {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &info) != 0) {
    return Error::from_errno(errno, "mount point", path.native(), "statx");
  }
  return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace bayplan::snapshots
