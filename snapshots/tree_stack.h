// A way down a tree of directories and back, of any depth, by a bounded number of descriptors and without
// ever naming more than one component.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"

namespace bayplan::snapshots {

class TreeStack {
 public:
  /// Starts at `root`, which is not kept. Errors: io.
  static Result<TreeStack> open(int root);

  /// The directory it stands in.
  int fd() const noexcept { return levels_.back().fd.get(); }
  /// Directories between the root and fd(); 0 at the root.
  std::size_t depth() const noexcept { return levels_.size() - 1; }

  /// Into the subdirectory `name`, no link. Errors: not_found, permission_denied, io; it stays where it was.
  Result<void> descend(const std::string& name);
  /// Back. Precondition: depth() > 0. Errors: busy (the directory was moved elsewhere meanwhile),
  /// permission_denied, io.
  Result<void> ascend();

 private:
  struct Level {
    UniqueFd fd;  // only the deepest levels keep theirs; the others are found again through ".."
    dev_t device;
    ino_t inode;
  };
  TreeStack() = default;
  Result<void> push(UniqueFd fd);

  std::vector<Level> levels_;
};

}  // namespace bayplan::snapshots
