// The directory of an ingest by reference, locked by its one writer.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "blob_dirs.h"

namespace bayplan::content {

/// Move-only. The destructor unlocks and leaves the directory where it is.
class RefDir {
 public:
  /// Makes <root>/ingest/`name` unless it is there, and locks it. `ref` is for the error text. Errors: busy
  /// (naming the process that has it, where that is known), closed (in a forked child), no_space,
  /// permission_denied, io.
  static Result<RefDir> lock(SharedDirs dirs, std::string_view ref, std::string name);

  int fd() const noexcept { return fd_.get(); }
  const BlobDirs& dirs() const noexcept { return *dirs_; }
  const SharedDirs& shared_dirs() const noexcept { return dirs_; }
  const std::string& name() const noexcept { return name_; }
  /// Removes it, with what is in it; in a forked child nothing.
  void remove() const noexcept;

 private:
  RefDir(SharedDirs dirs, std::string name, UniqueFd fd)
      : dirs_(std::move(dirs)), name_(std::move(name)), fd_(std::move(fd)) {}

  SharedDirs dirs_;
  std::string name_;
  UniqueFd fd_;
};

/// Whether somebody has the directory locked; looking at it keeps no writer off for longer than that.
bool is_locked(const BlobDirs& dirs, const std::string& name);
/// The process that locked the directory open as `dir`, as it wrote down.
std::optional<pid_t> holder_of(int dir);

}  // namespace bayplan::content
