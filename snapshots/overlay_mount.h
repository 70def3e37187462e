// Overlay mounts that hang on a descriptor alone: no mount point, nothing left behind when the process dies.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"

namespace bayplan::snapshots {

/// What distributions set differently, pinned: a layer must mean the same on every host. (redirect_dir=off
/// would follow redirects that an image brings along, and a user namespace refuses it.)
inline constexpr std::array<std::string_view, 4> kPinnedOverlayOptions{"index=off", "redirect_dir=nofollow",
                                                                       "metacopy=off", "xino=off"};
/// The kernel's own limit (OVL_MAX_STACK).
inline constexpr std::size_t kMaxOverlayLayers = 500;

/// The pinned options, and userxattr inside a user namespace, where trusted.* attributes cannot be written.
std::vector<std::string> overlay_options();

/// Whether this process lives in a user namespace other than the first.
bool in_user_namespace();

/// Directories of an overlay, each relative to one base directory.
struct OverlayLayout {
  std::string upper;
  std::string work;
  std::vector<std::string> lower;  ///< nearest first, at least one
  std::string cover;  ///< a directory below the base that the mount covers where nobody else sees it
};

/// Mounts in a mount namespace of its own and returns the root of the mount, open for reading. The mount ends
/// with the last descriptor of something in it.
/// Errors: unsupported (this kernel, file system or process cannot; more layers than kMaxOverlayLayers, or
/// than fit into a page), not_found, permission_denied, no_space, io.
Result<UniqueFd> mount_overlay_detached(int base, const OverlayLayout& layout);

/// Where probe_overlay works; one directory that stays, so that a killed probe leaves nothing to find.
inline constexpr std::string_view kProbeDirectory = ".probe";

/// Mounts a tiny overlay in `base`/kProbeDirectory and tries what layers need: whiteouts and opaque
/// directories. Errors: unsupported (with the reason, and native as advice), permission_denied, no_space, io.
Result<void> probe_overlay(int base);

}  // namespace bayplan::snapshots
