#include "link_census.h"

namespace bayplan::snapshots {

Result<void> LinkCensus::visit(const TreePair& pair) {
  if (pair.now == nullptr || pair.now->st_nlink < 2) return {};
  const bool there = pair.before != nullptr && pair.before->st_nlink == pair.now->st_nlink;
  const Inode before = there ? Inode(pair.before->st_dev, pair.before->st_ino) : Inode();
  const auto [group, first] =
      groups_.try_emplace(Inode(pair.now->st_dev, pair.now->st_ino), Group{before, there});
  if (!first) group->second.same = group->second.same && there && group->second.before == before;
  return {};
}

bool LinkCensus::same_names(const struct stat& now, const struct stat& before) const {
  if (now.st_nlink < 2) return before.st_nlink < 2;
  const auto group = groups_.find(Inode(now.st_dev, now.st_ino));
  return group != groups_.end() && group->second.same;
}

}  // namespace bayplan::snapshots
