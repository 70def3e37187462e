#include "tree_prune.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "bayplan/base/file.h"

namespace bayplan::snapshots {
namespace {

Error failed_at(std::string_view name, std::string_view call) {
  if (errno == EXDEV)
    return Error(Errc::failed_precondition, "directory", name, "something is mounted on it");
  return Error::from_errno(errno, "directory", name, call);
}

class Pruner {
 public:
  Pruner(TreeRoot& tree, Keep keep) : tree_(tree), keep_(keep) {}

  Result<void> run(int top, TreeRoot::Node node) {
    BAYPLAN_TRY(enter(UniqueFd(open_directory_below(top, ".")), {}, node, true));
    while (true) {
      if (!levels_.back().directories.empty()) {
        BAYPLAN_TRY(descend());
      } else if (levels_.size() > 1) {
        BAYPLAN_TRY(ascend());
      } else {
        return {};
      }
    }
  }

 private:
  struct Child {
    std::string name;
    bool stays;  // the layer wrote it
  };
  // A directory on the way down. What is not in `directories` any more is done with.
  struct Level {
    std::string name;
    std::optional<TreeRoot::Node> node;  // none: the layer knows nothing about it
    bool stays = false;
    dev_t device = 0;
    ino_t inode = 0;
    std::vector<Child> directories;
  };

  Result<void> enter(UniqueFd fd, const std::string& name, std::optional<TreeRoot::Node> node, bool stays) {
    if (!fd) return failed_at(name, "openat2");
    at_ = std::move(fd);
    struct stat info {};
    if (::fstat(at_.get(), &info) != 0) return failed_at(name, "fstat");
    levels_.push_back({name, node, stays, info.st_dev, info.st_ino, {}});
    // What goes away altogether has no times to restore.
    if (node && (stays || survives(*node))) BAYPLAN_TRY(tree_.touch(*node, at_.get()));
    BAYPLAN_ASSIGN(const std::vector<std::string> names, file::list(at_.get(), name));
    for (const std::string& each : names) BAYPLAN_TRY(take(each));
    return {};
  }

  bool survives(TreeRoot::Node node) const {
    return keep_ == Keep::written_by_layer && tree_.holds_written(node);
  }

  // Removes one entry of the current directory, or notes it down if it is a directory.
  Result<void> take(const std::string& name) {
    Level& level = levels_.back();
    const auto node = level.node ? tree_.find(*level.node, name) : std::nullopt;
    if (node && keep_ == Keep::written_by_layer && tree_.written(*node)) {
      BAYPLAN_ASSIGN(const struct stat info, file::stat_at(at_.get(), name));
      if (S_ISDIR(info.st_mode)) level.directories.push_back({name, true});
      return {};
    }
    if (::unlinkat(at_.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR) return failed_at(name, "unlinkat");
    level.directories.push_back({name, false});
    return {};
  }

  Result<void> descend() {
    Level& level = levels_.back();
    const Child child = std::move(level.directories.back());
    level.directories.pop_back();
    const auto node = level.node ? tree_.find(*level.node, child.name) : std::nullopt;
    return enter(UniqueFd(open_directory_below(at_.get(), child.name)), child.name, node, child.stays);
  }

  Result<void> ascend() {
    const Level done = std::move(levels_.back());
    levels_.pop_back();
    UniqueFd left = std::exchange(at_, UniqueFd());
    // Not by name: there is none that reaches any depth. That it is the directory we came from is checked.
    at_.reset(::openat(left.get(), "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!at_ || ::fstat(at_.get(), &info) != 0) return failed_at(done.name, "openat");
    const Level& level = levels_.back();
    if (info.st_dev != level.device || info.st_ino != level.inode) {
      return Error(Errc::conflict, "directory", done.name, "was moved while its layer was applied");
    }
    if (done.stays) return {};
    if (::unlinkat(at_.get(), done.name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    if (errno != ENOTEMPTY || !done.node || !survives(*done.node)) return failed_at(done.name, "unlinkat");
    tree_.set_mtime(*done.node, Time());
    return make_plain_directory(left.get(), done.name);
  }

  TreeRoot& tree_;
  Keep keep_;
  UniqueFd at_;  // the directory of the last level
  std::vector<Level> levels_;
};

}  // namespace

Result<void> empty_directory(TreeRoot& tree, const UniqueFd& dir, TreeRoot::Node node, Keep keep) {
  auto emptied = Pruner(tree, keep).run(dir.get(), node);
  tree.forget_paths();
  return emptied;
}

}  // namespace bayplan::snapshots
