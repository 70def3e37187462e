// Mount options as text, and as mount(2) takes them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bayplan/base/result.h"
#include "bayplan/snapshots/mount.h"

namespace bayplan::snapshots {

struct MountCall {
  unsigned long flags = 0;        ///< MS_*
  std::vector<std::string> data;  ///< what the file system itself is told
};

/// Errors: invalid_argument (a type or an option this library does not make).
Result<MountCall> parse_mount(const Mount& mount);

/// The data of an overlay with its directories relative to `base`, an absolute directory above all of them.
struct RelativeOverlay {
  std::string base;
  std::string data;
};
/// Errors: invalid_argument (directories that are not absolute, or have nothing in common).
Result<RelativeOverlay> relative_overlay(const std::vector<std::string>& data);

/// A mount point as the kernel and a row of mounts need it. Errors: not_found, permission_denied, io (of the
/// working directory).
Result<std::string> absolute_path(const std::filesystem::path& path);
/// The same without links in it, which mounting follows and unmounting does not. Errors: not_found,
/// permission_denied, io.
Result<std::string> real_path(const std::filesystem::path& path);

/// `data` as one string.
std::string join_options(const std::vector<std::string>& data);

}  // namespace bayplan::snapshots
