// Names of a file's extended attributes, and whose they are.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::snapshots {

/// Whether the overlay file system keeps it for itself.
inline bool is_overlay_note(std::string_view xattr) noexcept {
  return xattr.starts_with("trusted.overlay.") || xattr.starts_with("user.overlay.");
}

/// One of listxattr(2), bound to its file.
using ListXattr = std::function<ssize_t(char* names, std::size_t size)>;

/// What `list` answers, however many there are; none where the file system has no such thing. Errors, each
/// naming the file `name`: permission_denied, io.
Result<std::vector<std::string>> xattr_names(const ListXattr& list, std::string_view name);

}  // namespace bayplan::snapshots
