#include "tree_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bayplan/base/file.h"
#include "copy_attributes.h"
#include "copy_content.h"
#include "tree_stack.h"

namespace bayplan::snapshots {
namespace {

Error failed(const std::string& name, std::string_view call) {
  return Error::from_errno(errno, "file", name, call);
}

Result<UniqueFd> open_entry(int dir, const std::string& name, int flags) {
  UniqueFd fd(::openat(dir, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return failed(name, "openat");
  return fd;
}

class Copier {
 public:
  Copier(TreeStack from, TreeStack to, int scratch)
      : from_(std::move(from)), to_(std::move(to)), scratch_(scratch) {}

  Result<void> run() {
    BAYPLAN_TRY(copy_entries());
    while (true) {
      if (!pending_.back().empty()) {
        const std::string name = std::move(pending_.back().back());
        pending_.back().pop_back();
        BAYPLAN_TRY(enter(name));
        continue;
      }
      // Last, because filling a directory changes its times, and its mode may forbid filling it.
      BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(from_.fd(), "directory"));
      BAYPLAN_TRY(copy_attributes(from_.fd(), info, to_.fd(), OverlayNotes::keep, "directory"));
      pending_.pop_back();
      if (pending_.empty()) return {};
      BAYPLAN_TRY(from_.ascend());
      BAYPLAN_TRY(to_.ascend());
    }
  }

 private:
  Result<void> enter(const std::string& name) {
    if (::mkdirat(to_.fd(), name.c_str(), 0700) != 0) return failed(name, "mkdirat");
    BAYPLAN_TRY(from_.descend(name));
    BAYPLAN_TRY(to_.descend(name));
    return copy_entries();
  }

  // Everything in the directory but subdirectories, which become pending.
  Result<void> copy_entries() {
    pending_.emplace_back();
    BAYPLAN_ASSIGN(const auto names, file::list(from_.fd(), "directory"));
    for (const std::string& name : names) {
      BAYPLAN_ASSIGN(const struct stat info, file::stat_at(from_.fd(), name));
      if (S_ISDIR(info.st_mode)) {
        pending_.back().push_back(name);
      } else {
        BAYPLAN_TRY(copy_file(name, info));
      }
    }
    return {};
  }

  Result<void> copy_file(const std::string& name, const struct stat& info) {
    if (info.st_nlink == 1) return make_file(name, info);
    const auto [at, first] =
        linked_.emplace(std::pair(info.st_dev, info.st_ino), std::to_string(linked_.size()));
    const std::string& alias = at->second;
    if (!first) return link(scratch_, alias, to_.fd(), name);
    BAYPLAN_TRY(make_file(name, info));
    // A second name that is one component away from a descriptor of ours, however deep the first one is.
    return link(to_.fd(), name, scratch_, alias);
  }

  static Result<void> link(int from, const std::string& name, int to, const std::string& alias) {
    if (::linkat(from, name.c_str(), to, alias.c_str(), 0) != 0) return failed(alias, "linkat");
    return {};
  }

  Result<void> make_file(const std::string& name, const struct stat& info) {
    if (S_ISREG(info.st_mode)) return make_regular(name, info);
    if (S_ISLNK(info.st_mode)) {
      BAYPLAN_TRY(make_symlink(name));
    } else if (::mknodat(to_.fd(), name.c_str(), (info.st_mode & static_cast<mode_t>(S_IFMT)) | 0600u,
                         info.st_rdev) != 0) {
      return failed(name, "mknodat");
    }
    BAYPLAN_ASSIGN(const UniqueFd source, open_entry(from_.fd(), name, O_PATH));
    BAYPLAN_ASSIGN(const UniqueFd target, open_entry(to_.fd(), name, O_PATH));
    return copy_attributes(source.get(), info, target.get(), OverlayNotes::keep, name);
  }

  Result<void> make_regular(const std::string& name, const struct stat& info) {
    BAYPLAN_ASSIGN(const UniqueFd source, open_entry(from_.fd(), name, O_RDONLY | O_NONBLOCK));
    BAYPLAN_ASSIGN(const UniqueFd target, open_entry(to_.fd(), name, O_WRONLY | O_CREAT | O_EXCL));
    BAYPLAN_TRY(content_.copy(source.get(), target.get(), static_cast<std::uint64_t>(info.st_size), name));
    return copy_attributes(source.get(), info, target.get(), OverlayNotes::keep, name);
  }

  Result<void> make_symlink(const std::string& name) {
    std::string target(PATH_MAX, '\0');
    const ssize_t size = ::readlinkat(from_.fd(), name.c_str(), target.data(), target.size());
    if (size < 0) return failed(name, "readlinkat");
    target.resize(static_cast<std::size_t>(size));
    if (::symlinkat(target.c_str(), to_.fd(), name.c_str()) != 0) return failed(name, "symlinkat");
    return {};
  }

  TreeStack from_;
  TreeStack to_;
  int scratch_;
  ContentCopier content_;
  std::vector<std::vector<std::string>> pending_;  // subdirectories still to copy, of each level
  std::map<std::pair<dev_t, ino_t>, std::string>
      linked_;  // files of several names: theirs in the scratch directory
};

}  // namespace

Result<void> copy_tree(int from, int to, int scratch) {
  BAYPLAN_ASSIGN(TreeStack source, TreeStack::open(from));
  BAYPLAN_ASSIGN(TreeStack target, TreeStack::open(to));
  return Copier(std::move(source), std::move(target), scratch).run();
}

}  // namespace bayplan::snapshots
