// Mounts of snapshots that the store knows of: counted over all processes, and gone with the boot.
//
//   auto at = store.mounts().mount("default", "c1");      // <run root>/.mounts/<uuid>-<n>/<16 hex>
//   ...                                                   // whoever asks again gets the same path, counted
//   store.mounts().unmount("default", "c1");              // the last one unmounts
//
// A row says where a snapshot is mounted and how many asked for it. It is written, counting nobody, before
// the kernel is told, and counts once the kernel has done it; so a crash leaves a row that counts nobody, and
// recover() undoes what it stands for. A row of another boot counts as none. A mounted snapshot is kept from
// the collector, and is neither removed nor committed.
//
// The kernel shows a mount to one mount namespace: where the row counts and the kernel does not know of the
// mount, as in another namespace or after somebody's umount, mount() makes it again at the same place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/metadata/gc.h"
#include "bayplan/snapshots/snapshotter.h"

namespace bayplan::snapshots {

struct MountPoint {
  std::string key;               ///< of the snapshot
  std::filesystem::path target;  ///< absolute
  std::uint64_t count = 0;       ///< how often unmount() has to be called

  friend bool operator==(const MountPoint&, const MountPoint&) = default;
};

struct MountRow;
enum class Force : bool { no, yes };

/// Borrows the snapshotter. Thread-safe, and safe beside other processes.
class Mounts {
 public:
  /// `db` has the records of `snapshotter`. `directory` is where mount points are made, of this store alone;
  /// empty: nowhere.
  Mounts(metadata::Db db, const Snapshotter& snapshotter, std::filesystem::path directory);

  /// Mounts an active snapshot or a view at `target`, an existing directory where nothing is mounted; empty:
  /// at a new one. One that is mounted already is counted once more. Errors: not_found
  /// (snapshot, target), failed_precondition (committed; inside a write transaction), in_use (it is mounted
  /// at another target; something else is mounted at this one), invalid_argument (neither a target nor a
  /// directory for them; `label`), conflict (the snapshot was replaced meanwhile), those of
  /// Snapshotter::mounts, of mount_all and of Db::update. `label` is label_mounts()'s.
  Result<MountPoint> mount(std::string_view ns, std::string_view key,
                           const std::filesystem::path& target = {}, std::string_view label = {}) const;

  /// Takes one from the count, and unmounts when it was the last; Force::yes: in any case, and although files
  /// in it are open. Answers what the count is now. Errors: not_found (the snapshot, or it is not mounted:
  /// with Force::yes that is fine), busy (files in it are open), permission_denied, and those of Db::update.
  Result<std::uint64_t> unmount(std::string_view ns, std::string_view key, Force force = Force::no) const;

  /// Undoes what processes that died left half done, drops the rows of other boots, and removes mount points
  /// of `directory` that no row names. Called when a store is opened for writing. What cannot be undone holds
  /// up no others: the first error is answered when all the rest is done. Errors: permission_denied, busy,
  /// corrupt, and those of Db::update.
  Result<void> recover() const;

  /// Where the snapshot is mounted, as this boot's row says; empty: it is not. Errors: unsupported (/proc is
  /// not there), corrupt, closed, io.
  Result<std::optional<MountPoint>> find(const metadata::BucketSource& source, std::string_view ns,
                                         std::string_view key) const;

  /// What is mounted, as this boot's rows say, in key order. Errors: visit's, unsupported (/proc is not
  /// there), corrupt, closed, io.
  Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                    const std::function<Result<void>(const MountPoint&)>& visit) const;

 private:
  Result<MountRow> new_row(std::string boot, std::string target) const;
  metadata::Db db_;
  const Snapshotter& snapshotter_;
  std::filesystem::path directory_;
};

/// kind() "mount"; keys "<snapshotter>/<key>". A root while its boot lasts, with an edge to its snapshot; of
/// another boot, it goes with the next collection. Immutable, lives as long as the process.
const metadata::GcKind& mount_gc_kind();

}  // namespace bayplan::snapshots
