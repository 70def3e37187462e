// What differs between kinds of snapshots on disk. A driver owns one directory, <root>/<driver>, with one
// directory per snapshot in it: <id>/fs is the layer's tree, <id>/work the kernel's scratch space. It knows
// ids, never records.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/fd.h"
#include "bayplan/snapshots/snapshotter.h"
#include "directory_names.h"

namespace bayplan::snapshots {

/// Ids of the layers below, nearest first.
using LowerIds = std::vector<std::string>;

inline constexpr std::string_view kOverlayDriver = "overlay";
inline constexpr std::string_view kNativeDriver = "native";

class LayerWriter;

/// Immutable but for its counter of names, and thread-safe.
class Driver {
 public:
  virtual ~Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  virtual std::string_view name() const noexcept = 0;
  /// Makes what a fresh snapshot over `lower` has in its directory. Idempotent, so that what an unclean boot
  /// lost can be made again. Errors: not_found (a layer below), corrupt (lost, and cannot be made again),
  /// no_space, permission_denied, io.
  virtual Result<void> populate(int directory, const LowerIds& lower) const = 0;
  /// Whether a snapshot holds all that its parents have, in files of its own: they are synced before a record
  /// names them, and the parents cannot be chosen later.
  virtual bool copies_parents() const noexcept = 0;
  /// The whole tree of a populated snapshot, for changing it. Errors: unsupported, not_found,
  /// permission_denied, io.
  virtual Result<UniqueFd> open_tree(const std::string& id, const LowerIds& lower) const = 0;
  /// Tells `out` what a snapshot changes in the tree below it. `directories`: its own and those of its
  /// ancestors, nearest first. Errors: not_found, and those of LayerDiff::write.
  virtual Result<void> diff(LayerWriter& out, std::span<const UniqueFd> directories) const = 0;
  /// As Snapshotter::mounts.
  virtual std::vector<Mount> mounts(Kind kind, const std::string& id, const LowerIds& lower) const = 0;

  /// The layer's own tree. Errors: not_found, permission_denied, io.
  Result<UniqueFd> open_layer(const std::string& id) const;
  /// Errors: not_found, busy, permission_denied, io.
  Result<Usage> usage(const std::string& id) const;

  int root() const noexcept { return root_.get(); }
  DirectoryNames& names() noexcept { return names_; }
  /// <root>/<driver>/<id>/<part>, absolute.
  std::string path_of(const std::string& id, std::string_view part) const;

 protected:
  Driver(std::filesystem::path path, UniqueFd root);
  /// An empty tree at `directory`/fs with the root attributes of `like` (-1: root's own, 0755); one that is
  /// there stays.
  static Result<void> make_tree(int directory, int like);
  static Mount bind(std::string path, bool writable);

 private:
  std::filesystem::path path_;
  UniqueFd root_;
  DirectoryNames names_;
};

inline constexpr std::string_view kTreeName = "fs";
inline constexpr std::string_view kWorkName = "work";

/// `path` is <root>/<driver>, absolute, and `root` a descriptor of it. Errors: unsupported,
/// permission_denied, no_space, io.
Result<std::shared_ptr<Driver>> open_overlay_driver(std::filesystem::path path, UniqueFd root);
std::shared_ptr<Driver> open_native_driver(std::filesystem::path path, UniqueFd root);

}  // namespace bayplan::snapshots
