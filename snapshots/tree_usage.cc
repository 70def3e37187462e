#include "tree_usage.h"

#include <set>
#include <utility>

#include "bayplan/base/file.h"
#include "tree_stack.h"

namespace bayplan::snapshots {
namespace {

constexpr std::uint64_t kStatBlock = 512;

class Measurer {
 public:
  explicit Measurer(TreeStack stack) : stack_(std::move(stack)) {}

  Result<Usage> run() {
    BAYPLAN_TRY(enter());
    while (!pending_.empty()) {
      if (pending_.back().empty()) {
        pending_.pop_back();
        if (!pending_.empty()) BAYPLAN_TRY(stack_.ascend());
        continue;
      }
      const std::string name = std::move(pending_.back().back());
      pending_.back().pop_back();
      auto descended = stack_.descend(name);
      if (descended) {
        BAYPLAN_TRY(enter());
      } else if (descended.error().code() != Errc::not_found) {
        return std::move(descended).error();
      }
    }
    return usage_;
  }

 private:
  // Counts the directory the stack stands in and everything in it but subdirectories, which become pending.
  Result<void> enter() {
    BAYPLAN_ASSIGN(const struct stat self, file::stat_fd(stack_.fd(), "directory"));
    count(self);
    pending_.emplace_back();
    BAYPLAN_ASSIGN(const auto names, file::list(stack_.fd(), "directory"));
    for (const std::string& name : names) {
      const auto info = file::stat_at(stack_.fd(), name);
      if (!info && info.error().code() == Errc::not_found) continue;
      if (!info) return info.error();
      if (S_ISDIR(info->st_mode)) {
        pending_.back().push_back(name);
      } else if (info->st_nlink == 1 || seen_.emplace(info->st_dev, info->st_ino).second) {
        count(*info);
      }
    }
    return {};
  }

  void count(const struct stat& info) {
    ++usage_.inodes;
    usage_.bytes += static_cast<std::uint64_t>(info.st_blocks) * kStatBlock;
  }

  TreeStack stack_;
  std::vector<std::vector<std::string>> pending_;  // subdirectories still to visit, of each level
  std::set<std::pair<dev_t, ino_t>> seen_;         // of files with several names
  Usage usage_;
};

}  // namespace

Result<Usage> tree_usage(int root) {
  BAYPLAN_ASSIGN(TreeStack stack, TreeStack::open(root));
  return Measurer(std::move(stack)).run();
}

}  // namespace bayplan::snapshots
