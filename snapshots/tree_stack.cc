#include "tree_stack.h"

#include <fcntl.h>

#include <cerrno>

#include "bayplan/base/file.h"

namespace bayplan::snapshots {
namespace {

constexpr std::size_t kOpenLevels = 32;

Result<UniqueFd> open_special(int dir, const char* name) {
  UniqueFd fd(::openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Error::from_errno(errno, "directory", name, "openat");
  return fd;
}

}  // namespace

Result<TreeStack> TreeStack::open(int root) {
  TreeStack stack;
  BAYPLAN_ASSIGN(UniqueFd fd, open_special(root, "."));
  BAYPLAN_TRY(stack.push(std::move(fd)));
  return stack;
}

Result<void> TreeStack::push(UniqueFd fd) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd.get(), "directory"));
  levels_.push_back(Level{std::move(fd), info.st_dev, info.st_ino});
  if (levels_.size() > kOpenLevels) levels_[levels_.size() - 1 - kOpenLevels].fd.reset();
  return {};
}

Result<void> TreeStack::descend(const std::string& name) {
  BAYPLAN_ASSIGN(UniqueFd fd, file::open_dir_at(levels_.back().fd.get(), name));
  return push(std::move(fd));
}

Result<void> TreeStack::ascend() {
  Level& up = levels_[levels_.size() - 2];
  if (!up.fd) {
    BAYPLAN_ASSIGN(UniqueFd fd, open_special(levels_.back().fd.get(), ".."));
    BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd.get(), ".."));
    if (info.st_dev != up.device || info.st_ino != up.inode) {
      return Error(Errc::busy, "directory", {}, "moved elsewhere while it was being read");
    }
    up.fd = std::move(fd);
  }
  levels_.pop_back();
  return {};
}

}  // namespace bayplan::snapshots
