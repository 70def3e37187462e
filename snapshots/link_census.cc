#include "link_census.h"

namespace bayplan::snapshots {

Result<void> LinkCensus::visit(const TreePair& pair) {
  if (pair.now == nullptr) return {};
  const bool there = pair.before != nullptr && !S_ISDIR(pair.before->st_mode);
  if (pair.now->st_nlink < 2 && (!there || pair.before->st_nlink < 2)) return {};
  const Inode now(pair.now->st_dev, pair.now->st_ino);
  const Inode before = there ? Inode(pair.before->st_dev, pair.before->st_ino) : Inode();
  const auto [group, first] = groups_.try_emplace(now, Group{before, there});
  if (!first) group->second.same = group->second.same && there && group->second.before == before;
  if (there && heirs_.try_emplace(before, now).first->second != now) parted_.insert(before);
  return {};
}

bool LinkCensus::same_names(const struct stat& now, const struct stat& before) const {
  if (now.st_nlink < 2 && before.st_nlink < 2) return true;
  const auto group = groups_.find(Inode(now.st_dev, now.st_ino));
  return group != groups_.end() && group->second.same && !parted_.contains(group->second.before);
}

}  // namespace bayplan::snapshots
