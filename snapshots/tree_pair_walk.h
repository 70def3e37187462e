// A walk down a tree, or two of them side by side: what is in either, by name.
#pragma once

#include <sys/stat.h>

#include <string>

#include "bayplan/base/progress.h"
#include "bayplan/base/result.h"

namespace bayplan::snapshots {

/// One name. `now` is the stat of what the tree has there, `before` that of the other tree; null for nothing.
/// At least one of them is there.
struct TreePair {
  const std::string& name;
  int dir;         ///< the directory it is in, of the tree
  int before_dir;  ///< of the other one; -1: it has no such directory
  const struct stat* now;
  const struct stat* before;
};

class TreePairVisitor {
 public:
  virtual ~TreePairVisitor() = default;
  /// Something that the tree does not have as a directory.
  virtual Result<void> visit(const TreePair& pair) = 0;
  /// A directory of the tree, which the walk goes into; `fd` and `before_fd` (-1: the other tree has no
  /// directory there) are the directories themselves.
  virtual Result<void> enter(const TreePair& pair, int fd, int before_fd) = 0;
  virtual void leave() = 0;
};

/// Everything below `root`, in the order of the names' bytes, a directory's content behind it; not the root
/// itself. `before` is the other tree's root, or -1. Iterative, with a bounded number of descriptors, no
/// links followed. Errors: the visitor's, cancelled, busy (a tree changed meanwhile), permission_denied, io.
Result<void> walk_tree_pair(int root, int before, TreePairVisitor& visitor, const CancelToken& cancel);

}  // namespace bayplan::snapshots
