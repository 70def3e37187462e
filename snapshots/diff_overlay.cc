#include "diff_overlay.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "bayplan/base/file.h"
#include "diff_root.h"
#include "driver.h"
#include "overlay_mount.h"
#include "tree_entry.h"
#include "tree_pair_walk.h"

namespace bayplan::snapshots {
namespace {

class OverlayDiff final : public TreePairVisitor {
 public:
  OverlayDiff(LayerWriter& out, std::span<const UniqueFd> lower)
      : out_(out), lower_(lower), prefix_(in_user_namespace() ? "user.overlay." : "trusted.overlay.") {}

  Result<void> visit(const TreePair& pair) override {
    if (is_whiteout_device(*pair.now) && !lower_.empty()) return out_.remove(pair.name);
    if (!has_place_in_layer(*pair.now)) {
      out_.warn(pair.name, kNoPlace);
      return covers(pair.name) ? out_.remove(pair.name) : Result<void>();
    }
    BAYPLAN_ASSIGN(TreeEntry entry, read_entry(pair.dir, pair.name, *pair.now));
    BAYPLAN_TRY(check_notes(entry, pair.name));
    return out_.add(pair.dir, pair.name, *pair.now, std::move(entry.tar));
  }

  Result<void> enter(const TreePair& pair, int fd, int) override {
    BAYPLAN_ASSIGN(TreeEntry entry, read_entry(fd, ".", *pair.now));
    BAYPLAN_TRY(check_notes(entry, pair.name));
    // The kernel marks new directories too, where nothing is hidden.
    const bool hides = is_opaque(entry) && covers(pair.name);
    BAYPLAN_TRY(out_.enter(pair.name, std::move(entry.tar)));
    BAYPLAN_TRY(out_.describe());
    return hides ? out_.make_opaque() : Result<void>();
  }

  void leave() override { out_.leave(); }

 private:
  bool has_note(const TreeEntry& entry, std::string_view note) const {
    return entry.overlay.contains(std::string(prefix_).append(note));
  }
  bool is_opaque(const TreeEntry& entry) const { return has_note(entry, "opaque"); }

  // What the kernel writes under options that we never mount with changes what the directory means.
  Result<void> check_notes(const TreeEntry& entry, const std::string& name) const {
    for (const std::string_view note : {"redirect", "metacopy", "whiteout"}) {
      if (has_note(entry, note)) return unsupported(name, note);
    }
    const auto opaque = entry.overlay.find(std::string(prefix_) + "opaque");
    if (opaque == entry.overlay.end() || opaque->second == "y") return {};
    return unsupported(name, "opaque");
  }
  Error unsupported(const std::string& name, std::string_view note) const {
    return Error(Errc::unsupported, "file", path_of(name),
                 "has the attribute " + quoted(std::string(prefix_).append(note)) +
                     " of an overlay that was mounted with other options than bayplan's");
  }

  /// Whether a layer below may show something by this name; when in doubt, it may.
  bool covers(const std::string& name) const {
    const std::string path = std::string(kTreeName) + '/' + path_of(name);
    return std::any_of(lower_.begin(), lower_.end(), [&](const UniqueFd& layer) {
      const auto fd = file::open_beneath(layer.get(), path, O_PATH | O_NOFOLLOW);
      if (fd) return true;
      const int code = fd.error().os_errno();
      return code != ENOENT && code != ENOTDIR && code != ELOOP;
    });
  }
  std::string path_of(const std::string& name) const {
    const std::string directory = out_.path();
    return directory.empty() ? name : directory + '/' + name;
  }

  LayerWriter& out_;
  std::span<const UniqueFd> lower_;
  std::string_view prefix_;
};

}  // namespace

Result<void> diff_overlay(LayerWriter& out, std::span<const UniqueFd> directories) {
  const std::string tree(kTreeName);
  BAYPLAN_ASSIGN(const UniqueFd upper, file::open_dir_at(directories[0].get(), tree));
  UniqueFd nearest;
  if (directories.size() > 1) {
    BAYPLAN_ASSIGN(nearest, file::open_dir_at(directories[1].get(), tree));
  }
  BAYPLAN_TRY(diff_root(out, upper.get(), nearest.get()));
  OverlayDiff diff(out, directories.subspan(1));
  return walk_tree_pair(upper.get(), -1, diff, out.control().cancel);
}

}  // namespace bayplan::snapshots
