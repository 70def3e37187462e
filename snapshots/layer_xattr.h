// Extended attributes: which of a layer's are set, and how.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"
#include "bayplan/snapshots/tar_reader.h"

namespace bayplan::snapshots {

class LayerContext;

/// Whether a layer may set it: user.* (but for the overlay driver's), security.capability, POSIX access
/// lists. The others are the host's (security labels), the driver's (trusted.*), or another file system's.
bool settable_xattr(std::string_view name) noexcept;

/// An inode to be changed: `fd` open for reading or writing, or with O_PATH only.
struct XattrTarget {
  int fd;
  bool path_only;
};

/// Sets the entry's settable attributes; what is dropped is warned about in `context`.
/// Errors: invalid_argument (the kernel does not take the value), too_large, no_space, permission_denied, io.
Result<void> set_xattrs(LayerContext& context, const TarEntry& entry, XattrTarget target);

/// Whether new files in the directory inherit access lists from it.
bool has_default_acl(int dir) noexcept;
/// Removes the access lists that a new file inherited: a layer says all there is to say about its files.
void strip_inherited_acl(XattrTarget target) noexcept;

/// Removes the settable attributes of `fd` that are not in `keep`. Errors: permission_denied, io.
Result<void> remove_other_xattrs(int fd, const std::map<std::string, std::string>& keep,
                                 std::string_view name);

}  // namespace bayplan::snapshots
