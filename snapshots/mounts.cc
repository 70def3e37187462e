#include "bayplan/snapshots/mounts.h"

#include <utility>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "bayplan/base/process.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "locked_mount.h"
#include "mount_options.h"
#include "snapshotter_state.h"

namespace bayplan::snapshots {
namespace {

using metadata::BucketSource;
using metadata::ReadTx;
namespace schema = metadata::schema;

// A directory of the caller's: what is mounted there already would go with our own mount.
Result<void> check_target(const std::string& target) {
  BAYPLAN_ASSIGN(const bool taken, is_mount_point(target));
  if (taken) return Error(Errc::in_use, "mount point", target, "something else is mounted there");
  return {};
}

Result<void> make_target(const std::string& target) {
  const std::filesystem::path path(target);
  BAYPLAN_ASSIGN(const UniqueFd parent, file::ensure_private_dir(path.parent_path()));
  BAYPLAN_TRY(file::ensure_private_dir_at(parent.get(), path.filename()));
  return {};
}

MountPoint point_of(std::string_view key, const MountRow& row) {
  return {std::string(key), row.target, row.count};
}

Result<MountPoint> mount_new(const LockedMount& snapshot, std::string_view key, MountRow row,
                             const std::vector<Mount>& mounts) {
  BAYPLAN_TRY(snapshot.put(row));
  BAYPLAN_TRY(fault::at(fault::Point::mount_intended));
  auto mounted = row.made ? make_target(row.target) : Result<void>();
  if (mounted) mounted = mount_all(mounts, row.target);
  if (!mounted) {
    ignore_error(snapshot.undo(row, row.boot_id, WhenBusy::detach), "recover() does it again");
    return std::move(mounted).error();
  }
  BAYPLAN_TRY(fault::at(fault::Point::mount_made));
  row.count = 1;
  BAYPLAN_TRY(snapshot.put(row));
  return point_of(key, row);
}

// It is counted, but another mount namespace has it, or somebody unmounted it behind our back.
Result<void> mount_again(const MountRow& row, const std::vector<Mount>& mounts) {
  const auto there = is_mount_point(row.target);
  if (there && *there) return {};
  const bool lost = !there && there.error().code() == Errc::not_found;
  if (lost && row.made) BAYPLAN_TRY(make_target(row.target));
  return mount_all(mounts, row.target);
}

}  // namespace

Mounts::Mounts(metadata::Db db, const Snapshotter& snapshotter, std::filesystem::path directory)
    : db_(std::move(db)), snapshotter_(snapshotter), directory_(std::move(directory)) {}

Result<MountPoint> Mounts::mount(std::string_view ns, std::string_view key,
                                 const std::filesystem::path& target, std::string_view label) const {
  BAYPLAN_ASSIGN(const std::string boot, process::boot_id());
  // Before the lock, which restoring a lost directory takes as well.
  std::string directory;
  BAYPLAN_ASSIGN(auto mounts, db_.view([&](const ReadTx& tx) -> Result<std::vector<Mount>> {
    BAYPLAN_ASSIGN(const Info info, snapshotter_.stat(tx, ns, key));
    directory = info.directory;
    return snapshotter_.mounts(tx, ns, key);
  }));
  BAYPLAN_TRY(label_mounts(mounts, label));
  BAYPLAN_ASSIGN(const LockedMount snapshot, LockedMount::acquire(db_, snapshotter_, ns, key));
  if (snapshot.directory() != directory) return replaced_meanwhile(key);
  BAYPLAN_ASSIGN(auto row, snapshot.row());
  if (row && (row->boot_id != boot || row->count == 0)) {
    BAYPLAN_TRY(snapshot.undo(*row, boot, WhenBusy::detach));
    row.reset();
  }
  BAYPLAN_ASSIGN(const std::string wanted, target.empty() ? std::string() : real_path(target));
  if (!row) {
    BAYPLAN_ASSIGN(MountRow fresh, new_row(boot, wanted));
    return mount_new(snapshot, key, std::move(fresh), mounts);
  }
  if (!wanted.empty() && wanted != row->target) {
    return Error(Errc::in_use, "snapshot", key, "it is mounted at " + quoted(row->target));
  }
  BAYPLAN_TRY(mount_again(*row, mounts));
  ++row->count;
  BAYPLAN_TRY(snapshot.put(*row));
  return point_of(key, *row);
}

Result<MountRow> Mounts::new_row(std::string boot, std::string target) const {
  const bool made = target.empty();
  if (!made) BAYPLAN_TRY(check_target(target));
  if (made && directory_.empty()) {
    return Error(Errc::invalid_argument, "mount point", {}, "neither a target nor a run root");
  }
  if (made) {
    BAYPLAN_ASSIGN(target, absolute_path(directory_ / file::random_name({})));
  }
  return MountRow{std::move(boot), std::move(target), 0, made};
}

Result<std::uint64_t> Mounts::unmount(std::string_view ns, std::string_view key, Force force) const {
  BAYPLAN_ASSIGN(const std::string boot, process::boot_id());
  BAYPLAN_ASSIGN(const LockedMount snapshot, LockedMount::acquire(db_, snapshotter_, ns, key));
  BAYPLAN_ASSIGN(auto row, snapshot.row());
  const bool counted = row && row->boot_id == boot && row->count > 0;
  if (row && !counted) BAYPLAN_TRY(snapshot.undo(*row, boot, WhenBusy::detach));
  if (!counted && force == Force::yes) return 0;
  if (!counted) return Error(Errc::not_found, "mount", key, "the snapshot is not mounted");
  const MountRow before = *row;
  row->count = force == Force::yes ? 0 : row->count - 1;
  BAYPLAN_TRY(snapshot.put(*row));
  if (row->count > 0) return row->count;
  BAYPLAN_TRY(fault::at(fault::Point::unmount_intended));
  auto gone = snapshot.undo(*row, boot, force == Force::yes ? WhenBusy::detach : WhenBusy::fail);
  if (gone) return 0;
  if (gone.error().code() == Errc::busy) BAYPLAN_TRY(snapshot.put(before));
  return std::move(gone).error().with_advice("close what is open there, or force it");
}

Result<std::optional<MountPoint>> Mounts::find(const BucketSource& source, std::string_view ns,
                                               std::string_view key) const {
  BAYPLAN_ASSIGN(const std::string boot, process::boot_id());
  BAYPLAN_ASSIGN(const auto row, mount_records::find(source, {ns, snapshotter_.name()}, key));
  if (!row || row->boot_id != boot || row->count == 0) return std::optional<MountPoint>();
  return std::optional(point_of(key, *row));
}

Result<void> Mounts::walk(const BucketSource& source, std::string_view ns,
                          const std::function<Result<void>(const MountPoint&)>& visit) const {
  BAYPLAN_ASSIGN(const std::string boot, process::boot_id());
  BAYPLAN_ASSIGN(const auto mounts,
                 metadata::namespace_bucket(source, ns, {schema::kMounts, snapshotter_.name()}));
  if (!mounts) return {};
  return mounts->for_each_bucket([&](std::string_view key, const metadata::Bucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(const MountRow row, mount_records::decode(key, record));
    return row.boot_id == boot && row.count > 0 ? visit(point_of(key, row)) : Result<void>();
  });
}

}  // namespace bayplan::snapshots
