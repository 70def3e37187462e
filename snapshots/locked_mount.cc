#include "locked_mount.h"

#include <unistd.h>

#include <cerrno>

#include "bayplan/base/fault.h"
#include "snapshotter_state.h"

namespace bayplan::snapshots {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;

}  // namespace

Error replaced_meanwhile(std::string_view key) {
  return {Errc::conflict, "snapshot", key, "was replaced by another of that key"};
}

Result<void> remove_mount_point(const std::string& target) {
  if (::rmdir(target.c_str()) == 0 || errno == ENOENT) return {};
  return Error::from_errno(errno, "mount point", target, "rmdir");
}

Result<LockedMount> LockedMount::acquire(const metadata::Db& db, const Snapshotter& snapshotter,
                                         std::string_view ns, std::string_view key) {
  BAYPLAN_ASSIGN(const Info info, db.view([&](const ReadTx& tx) { return snapshotter.stat(tx, ns, key); }));
  BAYPLAN_ASSIGN(UniqueFd lock, snapshotter.state_->lock(info.directory));
  return LockedMount(db, snapshotter.state_->place(ns), key, info.directory, std::move(lock));
}

Result<std::optional<MountRow>> LockedMount::row() const {
  return db_.view([&](const ReadTx& tx) { return mount_records::find(tx, place_, key_); });
}

Result<void> LockedMount::put(const MountRow& row) const {
  return db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const auto record, records::get(tx, place_, key_));
    BAYPLAN_ASSIGN(const std::string directory, records::directory_of(record).with_context("snapshot", key_));
    if (directory != directory_) {
      return replaced_meanwhile(key_);
    }
    return mount_records::put(tx, place_, key_, row);
  });
}

Result<void> LockedMount::undo(const MountRow& row, std::string_view boot, WhenBusy when_busy) const {
  // What is mounted there since another boot is somebody else's.
  if (row.boot_id == boot) BAYPLAN_TRY(unmount_all(row.target, when_busy));
  BAYPLAN_TRY(fault::at(fault::Point::unmount_done));
  if (row.made) BAYPLAN_TRY(remove_mount_point(row.target));
  return db_.update([&](WriteTx& tx) { return mount_records::erase(tx, place_, key_); },
                    {.reclaiming = true});
}

}  // namespace bayplan::snapshots
