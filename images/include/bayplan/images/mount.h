// Images as directories to look into, always read-only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "bayplan/images/platform.h"
#include "bayplan/images/store.h"

namespace bayplan::images {

struct MountOptions {
  std::filesystem::path target{};      ///< empty: below the store's run root
  std::optional<Platform> platform{};  ///< the host's when empty
};

/// Mounts the tree of an image for `platform`, unpacked first where it is not, as a view over its top layer;
/// images with the same layers share it. Mounted again, it is counted once more and stays where it is. The
/// image may be removed meanwhile: its layers stay as long as they are mounted. Thread-safe. Errors: those of
/// unpack() and of snapshots::Mounts::mount.
Result<snapshots::MountPoint> mount(Store& store, std::string_view ns, std::string_view image,
                                    const MountOptions& options, const Control& control);

/// Takes one from the count; the last one unmounts and removes the view. Answers what the count is now.
/// Errors: not_found (the image, or it is not mounted), those of resolve() and of snapshots::Mounts::unmount.
Result<std::uint64_t> unmount(Store& store, std::string_view ns, std::string_view image,
                              const std::optional<Platform>& platform = {},
                              snapshots::Force force = snapshots::Force::no);

}  // namespace bayplan::images
