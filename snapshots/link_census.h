// Files of several names in one of two trees, and whether the other tree has them by the same names.
#pragma once

#include <sys/stat.h>

#include <map>
#include <set>
#include <utility>

#include "tree_pair_walk.h"

namespace bayplan::snapshots {

class LinkCensus final : public TreePairVisitor {
 public:
  /// Whether all names of `now`, an inode of the tree, were names of `before`, what the other tree has by one
  /// of them, and nothing else that is there now was: where that file lost names it is still the same file.
  /// Precondition: the walk is over.
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
  std::map<Inode, Group> groups_{};  // of the tree's inodes
  std::map<Inode, Inode> heirs_{};   // of the other tree's inodes: the first that has one of its names
  std::set<Inode> parted_{};         // the other tree's inodes whose names several have
};

}  // namespace bayplan::snapshots
