// Mounts as OCI and containerd describe them, and the calls that make them. No helper programs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::snapshots {

struct Mount {
  std::string type;    ///< "bind" or "overlay"
  std::string source;  ///< absolute path; "overlay" for overlay
  std::vector<std::string> options;

  friend bool operator==(const Mount&, const Mount&) = default;
};

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
