// Mounts as OCI and containerd describe them, and the calls that make them. No helper programs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::snapshots {

struct Mount {
  std::string type;    ///< "bind" or "overlay"
  std::string source;  ///< absolute path; "overlay" for overlay
  std::vector<std::string> options;

  friend bool operator==(const Mount&, const Mount&) = default;
};

/// An SELinux label that a mount can have: up to kMaxMountLabel letters, digits and "_.:,-", so that nothing
/// in it ends the option that it stands in. An empty one is none. Errors: invalid_argument, too_large.
Result<void> validate_mount_label(std::string_view label);
inline constexpr std::size_t kMaxMountLabel = 255;
/// Gives the overlays among `mounts` the label for all their files, as the option context="LABEL"; a bind
/// cannot have one of its own. An empty label changes nothing. Errors: those of validate_mount_label; nothing
/// is changed then.
Result<void> label_mounts(std::vector<Mount>& mounts, std::string_view label);
/// Whether this kernel has SELinux, and its file system is mounted: without it, a mount with a label is
/// refused.
bool selinux_is_on();

/// Mounts each of `mounts` in order at `target`, an existing directory; nothing stays mounted after an error.
/// Overlays of any number of layers (lowerdirs are given relative to a thread's own working directory).
/// Errors: invalid_argument (an option this library does not make), permission_denied, not_found, busy,
/// unsupported, io.
Result<void> mount_all(const std::vector<Mount>& mounts, const std::filesystem::path& target);

/// What becomes of a mount in which files are open.
enum class WhenBusy : bool {
  detach,  ///< nobody finds it any more, and it ends with the last of them
  fail,
};
/// Unmounts whatever is mounted at `target`, topmost first; nothing mounted is fine.
/// Errors: busy (WhenBusy::fail; what was above it is unmounted), permission_denied, io.
Result<void> unmount_all(const std::filesystem::path& target, WhenBusy when_busy = WhenBusy::detach);

/// Whether something is mounted at `path`, in the mount namespace of this process. Kernels before 5.8 do not
/// tell: false. Errors: not_found, permission_denied, io.
Result<bool> is_mount_point(const std::filesystem::path& path);

}  // namespace bayplan::snapshots
