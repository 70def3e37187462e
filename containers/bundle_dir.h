// The run directory of one container, <run root>/<ns>/<id>, and the lock that says who works with it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"

namespace bayplan::containers {

/// Holds the lock; removes the directory when dropped. Move-only. The lock is an flock of <run
/// root>/<ns>/<id>/lock: the runtime is handed the same open file, so it lasts as long as somebody looks
/// after the container, even when the process that took it is killed.
class BundleDir {
 public:
  /// Makes the directory, or takes over what a killed run left: unmounts its rootfs.
  /// Errors: invalid_argument (no identifiers), busy (somebody has it), permission_denied, no_space, io.
  static Result<BundleDir> acquire(const std::filesystem::path& run_root, std::string_view ns,
                                   std::string_view id);

  BundleDir(BundleDir&&) noexcept = default;
  BundleDir& operator=(BundleDir&&) = delete;
  ~BundleDir();

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path rootfs() const;
  int fd() const noexcept { return directory_.get(); }
  int lock() const noexcept { return lock_.get(); }

  /// Unmounts the rootfs, removes the directory and lets go of the lock. What the destructor does, with its
  /// errors: busy, permission_denied, io.
  Result<void> remove();

 private:
  BundleDir() = default;

  std::filesystem::path path_;
  std::string id_;
  UniqueFd parent_;
  UniqueFd directory_;
  UniqueFd lock_;
};

}  // namespace bayplan::containers
