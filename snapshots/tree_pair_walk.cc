#include "tree_pair_walk.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "bayplan/base/file.h"
#include "tree_stack.h"

namespace bayplan::snapshots {
namespace {

struct Item {
  std::string name;
  bool now;
  bool before;
};

/// A directory: what is still to be visited in it, last first, and whether the other tree has it too.
struct Level {
  std::vector<Item> items;
  bool paired;
};

// Last first, of two sorted lists.
std::vector<Item> merged(std::vector<std::string> now, std::vector<std::string> before) {
  std::vector<Item> items;
  while (!now.empty() || !before.empty()) {
    const bool take_now = before.empty() || (!now.empty() && now.back() >= before.back());
    const bool take_before = now.empty() || (!before.empty() && before.back() >= now.back());
    items.push_back({std::move(take_now ? now.back() : before.back()), take_now, take_before});
    if (take_now) now.pop_back();
    if (take_before) before.pop_back();
  }
  return items;
}

Result<std::optional<struct stat>> stat_listed(bool listed, int dir, const std::string& name) {
  if (!listed) return std::optional<struct stat>();
  auto info = file::stat_at(dir, name);
  if (info) return std::optional(*info);
  if (info.error().code() != Errc::not_found) return std::move(info).error();
  return Error(Errc::busy, "file", name, "vanished while the tree was being read");
}

class Walk {
 public:
  Walk(TreeStack tree, std::optional<TreeStack> before, TreePairVisitor& visitor, const CancelToken& cancel)
      : tree_(std::move(tree)), before_(std::move(before)), visitor_(visitor), cancel_(cancel) {}

  Result<void> run() {
    BAYPLAN_TRY(push(before_.has_value()));
    while (true) {
      BAYPLAN_TRY(cancel_.check());
      Level& level = levels_.back();
      if (!level.items.empty()) {
        const Item item = std::move(level.items.back());
        level.items.pop_back();
        BAYPLAN_TRY(step(item, level.paired));
        continue;
      }
      const bool paired = level.paired;
      levels_.pop_back();
      if (levels_.empty()) return {};
      visitor_.leave();
      BAYPLAN_TRY(tree_.ascend());
      if (paired) BAYPLAN_TRY(before_->ascend());
    }
  }

 private:
  Result<void> push(bool paired) {
    BAYPLAN_ASSIGN(auto now, file::list(tree_.fd(), "directory"));
    std::vector<std::string> before;
    if (paired) {
      BAYPLAN_ASSIGN(before, file::list(before_->fd(), "directory"));
    }
    levels_.push_back({merged(std::move(now), std::move(before)), paired});
    return {};
  }

  Result<void> step(const Item& item, bool paired) {
    const int before_dir = paired ? before_->fd() : -1;
    BAYPLAN_ASSIGN(const auto now, stat_listed(item.now, tree_.fd(), item.name));
    BAYPLAN_ASSIGN(const auto before, stat_listed(item.before, before_dir, item.name));
    const TreePair pair{item.name, tree_.fd(), before_dir, now ? &*now : nullptr,
                        before ? &*before : nullptr};
    if (!now || !S_ISDIR(now->st_mode)) return visitor_.visit(pair);
    return enter(pair, before && S_ISDIR(before->st_mode));
  }

  Result<void> enter(const TreePair& pair, bool paired) {
    BAYPLAN_TRY(tree_.descend(pair.name));
    if (paired) BAYPLAN_TRY(before_->descend(pair.name));
    BAYPLAN_TRY(visitor_.enter(pair, tree_.fd(), paired ? before_->fd() : -1));
    return push(paired);
  }

  TreeStack tree_;
  std::optional<TreeStack> before_;
  TreePairVisitor& visitor_;
  const CancelToken& cancel_;
  std::vector<Level> levels_{};
};

}  // namespace

Result<void> walk_tree_pair(int root, int before, TreePairVisitor& visitor, const CancelToken& cancel) {
  BAYPLAN_ASSIGN(TreeStack tree, TreeStack::open(root));
  std::optional<TreeStack> other;
  if (before >= 0) {
    BAYPLAN_ASSIGN(other, TreeStack::open(before));
  }
  return Walk(std::move(tree), std::move(other), visitor, cancel).run();
}

}  // namespace bayplan::snapshots
