#include "layer_whiteout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "layer_context.h"
#include "tree_prune.h"

namespace bayplan::snapshots {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kReserved = ".wh..wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

bool is_reserved(std::string_view name) { return name.starts_with(kReserved) && name != kOpaque; }

// Removes lower layers' `name`; the layer's own stays.
Result<void> remove_lower(TreeRoot& tree, const TreeRoot::Directory& parent, const std::string& name) {
  const TreeRoot::Node node = tree.child(parent.node, name);
  struct stat info {};
  if (::fstatat(parent.fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT || errno == ENAMETOOLONG) return {};
    return Error::from_errno(errno, "file", name, "fstatat");
  }
  const bool directory = S_ISDIR(info.st_mode);
  if (directory) {
    const UniqueFd fd(open_directory_below(parent.fd.get(), name));
    if (!fd && errno == EXDEV) {
      return Error(Errc::failed_precondition, "directory", name, "something is mounted on it");
    }
    if (!fd) return Error::from_errno(errno, "directory", name, "openat2");
    BAYPLAN_TRY(empty_directory(tree, fd, node, Keep::written_by_layer));
    if (!tree.written(node) && tree.holds_written(node)) {
      tree.set_mtime(node, Time());
      BAYPLAN_TRY(make_plain_directory(fd.get(), name));
    }
  }
  if (tree.written(node)) return {};
  BAYPLAN_TRY(tree.touch(parent.node, parent.fd.get()));
  tree.forget_paths();
  if (::unlinkat(parent.fd.get(), name.c_str(), directory ? AT_REMOVEDIR : 0) == 0) return {};
  if (directory && errno == ENOTEMPTY && tree.holds_written(node)) return {};
  return Error::from_errno(errno, "file", name, "unlinkat");
}

}  // namespace

Result<Marker> parse_marker(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::string_view directory =
      slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  for (std::string_view rest = directory; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (is_reserved(part)) return Marker{.kind = MarkerKind::ignored};
    if (part.starts_with(kWhiteout)) {
      return Error(Errc::invalid_argument, "whiteout", part, "has an entry below it");
    }
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  }
  if (is_reserved(name)) return Marker{.kind = MarkerKind::ignored};
  if (name == kOpaque) return Marker{.kind = MarkerKind::opaque, .directory = std::string(directory)};
  if (!name.starts_with(kWhiteout)) return Marker{};
  const std::string_view target = name.substr(kWhiteout.size());
  if (target.empty() || target == "." || target == "..") {
    return Error(Errc::invalid_argument, "whiteout", name, "names no file that could be removed");
  }
  return Marker{
      .kind = MarkerKind::whiteout, .directory = std::string(directory), .name = std::string(target)};
}

Result<void> apply_marker(LayerContext& context, const Marker& marker) {
  TreeRoot& tree = context.tree();
  BAYPLAN_ASSIGN(const auto directory, tree.directory(marker.directory, TreeRoot::Missing::report));
  if (!directory || directory->through_own_link) return {};
  if (marker.kind == MarkerKind::opaque) {
    return empty_directory(tree, directory->fd, directory->node, Keep::written_by_layer);
  }
  return remove_lower(tree, *directory, marker.name);
}

}  // namespace bayplan::snapshots
