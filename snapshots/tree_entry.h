// What a layer says about an inode of a tree.
#pragma once

#include <sys/stat.h>

#include <map>
#include <string>

#include "bayplan/base/result.h"
#include "bayplan/snapshots/tar_reader.h"

namespace bayplan::snapshots {

struct TreeEntry {
  TarEntry tar;                                  ///< without a name
  std::map<std::string, std::string> overlay{};  ///< attributes of the kernel's overlay driver, either prefix
};

/// Whether a layer can hold such a thing: no sockets, and no character device 0/0, which is a whiteout.
bool has_place_in_layer(const struct stat& info) noexcept;
bool is_whiteout_device(const struct stat& info) noexcept;

/// Reads what is at `name` of `dir`, not followed; "." for the directory itself. `info` is its stat, which
/// has a place in a layer. Errors: not_found, permission_denied, io.
Result<TreeEntry> read_entry(int dir, const std::string& name, const struct stat& info);

/// Whether two inodes are the same to a layer, but for the content of files.
bool same_but_content(const TarEntry& a, const TarEntry& b) noexcept;

}  // namespace bayplan::snapshots
