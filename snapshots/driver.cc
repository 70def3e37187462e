#include "driver.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "bayplan/base/file.h"
#include "copy_attributes.h"
#include "tree_root.h"
#include "tree_usage.h"

namespace bayplan::snapshots {
namespace {

constexpr mode_t kRootMode = 0755;
constexpr const char* kUnfinishedTree = "fs.new";

}  // namespace

Driver::Driver(std::filesystem::path path, UniqueFd root)
    : path_(std::move(path)), root_(std::move(root)), names_(root_.get()) {}

Result<UniqueFd> Driver::open_layer(const std::string& id) const {
  return file::open_beneath(root_.get(), id + '/' + std::string(kTreeName), O_RDONLY | O_DIRECTORY);
}

Result<Usage> Driver::usage(const std::string& id) const {
  BAYPLAN_ASSIGN(const UniqueFd layer, open_layer(id));
  return tree_usage(layer.get()).with_context("snapshot directory", id);
}

std::string Driver::path_of(const std::string& id, std::string_view part) const {
  return (path_ / id / part).string();
}

// Under another name until its attributes are right, so that a tree that is there is a tree that is complete.
Result<void> Driver::make_tree(int directory, int like) {
  const std::string tree(kTreeName);
  if (::faccessat(directory, tree.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return {};
  // Not synced: what an unclean boot loses is made again.
  if (::mkdirat(directory, kUnfinishedTree, 0700) != 0 && errno != EEXIST) {
    return Error::from_errno(errno, "directory", kUnfinishedTree, "mkdirat");
  }
  BAYPLAN_ASSIGN(const UniqueFd made, file::open_dir_at(directory, kUnfinishedTree));
  if (like < 0) {
    if (::fchmod(made.get(), kRootMode) != 0) return Error::from_errno(errno, "directory", tree, "fchmod");
    // A layer may say nothing about its root, and the same layer must always give the same tree.
    if (::futimens(made.get(), both_times(Time()).data()) != 0) {
      return Error::from_errno(errno, "directory", tree, "futimens");
    }
  } else {
    BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(like, tree));
    BAYPLAN_TRY(copy_attributes(like, info, made.get(), OverlayNotes::skip, tree));
  }
  auto renamed = file::rename_exclusive(directory, kUnfinishedTree, directory, tree);
  if (!renamed && renamed.error().code() != Errc::already_exists) return renamed;
  return {};
}

Mount Driver::bind(std::string path, bool writable) {
  return Mount{"bind", std::move(path), {writable ? "rw" : "ro", "rbind"}};
}

}  // namespace bayplan::snapshots
