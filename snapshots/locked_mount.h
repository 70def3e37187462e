// The row of one mount, while nobody else can change it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/fd.h"
#include "bayplan/metadata/db.h"
#include "bayplan/snapshots/mount.h"
#include "bayplan/snapshots/snapshotter.h"
#include "mount_records.h"

namespace bayplan::snapshots {

/// conflict: the key is another snapshot's now.
Error replaced_meanwhile(std::string_view key);

/// Removes the empty directory that was mounted on; none is fine. Errors: busy, io.
Result<void> remove_mount_point(const std::string& target);

/// Holds the lock of a snapshot's directory, which dies with the process: a row that counts nobody belongs to
/// who holds it, or to nobody any more. Rows are changed under it alone, but by who removes the snapshot.
class LockedMount {
 public:
  /// Waits for the lock. Borrows the arguments. Errors: not_found (the snapshot), permission_denied,
  /// no_space, corrupt, closed, io.
  static Result<LockedMount> acquire(const metadata::Db& db, const Snapshotter& snapshotter,
                                     std::string_view ns, std::string_view key);

  /// The snapshot's, which tells it from another of its key.
  const std::string& directory() const noexcept { return directory_; }

  /// Of whatever boot. Errors: corrupt, closed, io.
  Result<std::optional<MountRow>> row() const;
  /// One durable transaction. Errors: not_found, conflict (the snapshot was replaced), and those of
  /// Db::update.
  Result<void> put(const MountRow& row) const;

  /// Unmounts what `row` stands for, if it is of the boot `boot`, removes what was made for it, and the row.
  /// Errors: busy (and when_busy says to fail: nothing was done), permission_denied, and those of Db::update.
  Result<void> undo(const MountRow& row, std::string_view boot, WhenBusy when_busy) const;

 private:
  LockedMount(const metadata::Db& db, records::Place place, std::string_view key, std::string directory,
              UniqueFd lock)
      : db_(db), place_(place), key_(key), directory_(std::move(directory)), lock_(std::move(lock)) {}

  const metadata::Db& db_;
  records::Place place_;
  std::string_view key_;
  std::string directory_;
  UniqueFd lock_;
};

}  // namespace bayplan::snapshots
