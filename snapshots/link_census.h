// Files of several names, and whether another tree has the same names for one file too.
#pragma once

#include <sys/stat.h>

#include <map>
#include <utility>

#include "tree_pair_walk.h"

namespace bayplan::snapshots {

class LinkCensus final : public TreePairVisitor {
 public:
  /// Whether the names of `now`, an inode of the tree, and those of `before`, what the other tree has by one
  /// of them, are the same. Precondition: the walk is over.
  bool same_names(const struct stat& now, const struct stat& before) const;

  Result<void> visit(const TreePair& pair) override;
  Result<void> enter(const TreePair&, int, int) override { return {}; }
  void leave() override {}

 private:
  using Inode = std::pair<dev_t, ino_t>;
  struct Group {
    Inode before;
    bool same;
  };
  std::map<Inode, Group> groups_{};
};

}  // namespace bayplan::snapshots
