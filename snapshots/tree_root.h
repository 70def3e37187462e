// The tree that a layer is applied to: how its paths are resolved, and what the layer did to it so far.
//
// Nothing outside of the root is ever reached. Directories are opened by openat2 with RESOLVE_BENEATH,
// RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS and RESOLVE_NO_XDEV; symbolic links in a path are read and
// followed here, one at a time, each as if the root were "/", so that a node (below) is what a path means and
// not how it was written, and so that missing directories behind a dangling link can be made inside the root.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bayplan/base/fd.h"
#include "bayplan/base/progress.h"
#include "bayplan/base/result.h"
#include "bayplan/base/time.h"

namespace bayplan::snapshots {

/// `path` without empty and "." components, ".." resolved by the text and staying at the root; "" is the
/// root.
std::string clean_path(std::string_view path);

/// For utimensat and its kind, which set the time of access too: to the same.
std::array<timespec, 2> both_times(Time mtime) noexcept;

/// Opens a directory below `dir`, for reading; no links, no mounts in between. -1 and errno when it cannot.
int open_directory_below(int dir, const std::string& path) noexcept;

/// Gives a directory that no entry describes the metadata of one: root's, 0755, no extended attributes.
Result<void> make_plain_directory(int fd, std::string_view name);

class TreeRoot {
 public:
  /// A place in the tree: its parent and its name. Lives as long as the TreeRoot; stays the same when what is
  /// there changes.
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;

  struct Directory {
    UniqueFd fd;
    Node node = kRoot;
    bool inherits_acl = false;      ///< new files in it inherit access lists
    bool through_own_link = false;  ///< its path leads over a symbolic link that this layer wrote
  };

  enum class Missing : std::uint8_t { create, report };

  /// Borrows `root_fd`, a directory.
  explicit TreeRoot(int root_fd);

  /// The directory at `path` (clean). Missing ones are created, root's, with mode 0755; with `report` the
  /// answer is null when it is missing, or something on the way is not a directory. Errors: invalid_argument
  /// (something on the way is not a directory, more than 40 links, a name too long), failed_precondition
  /// (something is mounted in the tree), no_space, permission_denied, io.
  Result<std::shared_ptr<const Directory>> directory(const std::string& path, Missing missing);
  /// Opens the directory at `node`; an empty descriptor when there is none any more. Errors: as above.
  Result<UniqueFd> open(Node node) const;
  /// To be called when a directory or a symbolic link was removed: what paths mean may have changed.
  void forget_paths() noexcept { recent_.clear(); }

  Node child(Node parent, std::string_view name);
  std::optional<Node> find(Node parent, std::string_view name) const;

  /// What this layer wrote is safe from its whiteouts, wherever in the archive they stand.
  void mark_written(Node node);
  bool written(Node node) const { return nodes_[node].written; }
  /// Whether the layer wrote `node` or something below it.
  bool holds_written(Node node) const { return nodes_[node].holds_written; }

  /// To be called before an entry of directory `node`, open at `fd`, is made or removed: its times come back
  /// at the end. Errors: io.
  Result<void> touch(Node node, int fd);
  /// Sets what the directory's modification time will be at the end.
  void set_mtime(Node node, Time mtime) { mtimes_.insert_or_assign(node, mtime); }
  /// Gives all directories that were touched or listed their times, deepest first. Errors: cancelled,
  /// io, permission_denied.
  Result<void> restore_times(const CancelToken& cancel) const;

  /// Directories made because a path named them.
  std::uint64_t created_directories() const noexcept { return created_directories_; }

 private:
  struct Place {
    Node parent;
    const std::string* name;
    std::uint32_t depth;
    bool written = false;
    bool holds_written = false;
  };
  struct Key {
    Node parent;
    std::string name;
  };
  struct KeyView {
    Node parent;
    std::string_view name;
  };
  struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(const KeyView& key) const noexcept;
    std::size_t operator()(const Key& key) const noexcept { return (*this)(KeyView{key.parent, key.name}); }
  };
  struct KeyEqual {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return a.parent == b.parent && a.name == b.name;
    }
  };
  struct Walk;

  using Recent = std::list<std::pair<std::string, std::shared_ptr<const Directory>>>;

  std::shared_ptr<const Directory> find_recent(const std::string& path);
  std::shared_ptr<const Directory> remember(const std::string& path, UniqueFd fd, Node node, bool own_link);
  Node node_of(std::string_view path);
  Result<bool> step(Walk& walk, const std::string& name, Missing missing);
  Result<bool> follow(Walk& walk, const std::string& name, Missing missing);
  Result<void> create(Walk& walk, const std::string& name);

  int root_fd_;
  std::vector<Place> nodes_;
  std::unordered_map<Key, Node, KeyHash, KeyEqual> children_;
  std::unordered_map<Node, Time> mtimes_;
  Recent recent_;  // newest first
  std::uint64_t created_directories_ = 0;
};

}  // namespace bayplan::snapshots
