#include <sys/stat.h>

#include <cerrno>

#include "bayplan/base/file.h"
#include "diff_overlay.h"
#include "driver.h"
#include "overlay_mount.h"

namespace bayplan::snapshots {
namespace {

std::string below(const std::string& id, std::string_view part) { return id + '/' + std::string(part); }

class OverlayDriver final : public Driver {
 public:
  OverlayDriver(std::filesystem::path path, UniqueFd root) : Driver(std::move(path), std::move(root)) {}

  std::string_view name() const noexcept override { return kOverlayDriver; }

  Result<void> populate(int directory, const LowerIds& lower) const override {
    if (lower.empty()) return make_tree(directory, -1);
    const std::string work(kWorkName);
    if (::mkdirat(directory, work.c_str(), 0700) != 0 && errno != EEXIST) {
      return Error::from_errno(errno, "directory", work, "mkdirat");
    }
    // The root of the nearest layer is the root of all of them merged.
    BAYPLAN_ASSIGN(const UniqueFd nearest, open_layer(lower.front()));
    return make_tree(directory, nearest.get());
  }

  bool copies_parents() const noexcept override { return false; }

  Result<UniqueFd> open_tree(const std::string& id, const LowerIds& lower) const override {
    if (lower.empty()) return open_layer(id);
    OverlayLayout layout{below(id, kTreeName), below(id, kWorkName), {}, id};
    for (const std::string& layer : lower) layout.lower.push_back(below(layer, kTreeName));
    return mount_overlay_detached(root(), layout).with_context("snapshot directory", id);
  }

  Result<void> diff(LayerWriter& out, std::span<const UniqueFd> directories) const override {
    return diff_overlay(out, directories);
  }

  std::vector<Mount> mounts(Kind kind, const std::string& id, const LowerIds& lower) const override {
    const bool writable = kind == Kind::active;
    if (lower.empty()) return {bind(path_of(id, kTreeName), writable)};
    if (!writable && lower.size() == 1) return {bind(path_of(lower.front(), kTreeName), false)};
    Mount mount{"overlay", "overlay", {}};
    if (writable) {
      mount.options.push_back("workdir=" + path_of(id, kWorkName));
      mount.options.push_back("upperdir=" + path_of(id, kTreeName));
    }
    std::string option = "lowerdir=";
    for (const std::string& layer : lower) {
      if (&layer != &lower.front()) option += ':';
      option += path_of(layer, kTreeName);
    }
    mount.options.push_back(std::move(option));
    for (std::string& pinned : overlay_options()) mount.options.push_back(std::move(pinned));
    return {std::move(mount)};
  }
};

}  // namespace

Result<std::shared_ptr<Driver>> open_overlay_driver(std::filesystem::path path, UniqueFd root) {
  // They separate options and layers, and runtimes that mount what we describe do not escape them.
  if (path.native().find_first_of(":,\\") != std::string::npos) {
    return Error(Errc::unsupported, "snapshotter", kOverlayDriver,
                 "the path \"" + path.native() + "\" holds a colon, a comma or a backslash")
        .with_advice("use the native snapshotter or another path");
  }
  auto probed = probe_overlay(root.get());
  // A full disk has no room to try it, and whoever opens the store now may be about to make some.
  if (!probed && probed.error().code() != Errc::no_space) return std::move(probed).error();
  return std::shared_ptr<Driver>(std::make_shared<OverlayDriver>(std::move(path), std::move(root)));
}

}  // namespace bayplan::snapshots
