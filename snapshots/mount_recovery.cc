#include <optional>
#include <set>
#include <utility>

#include "bayplan/base/file.h"
#include "bayplan/base/process.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "bayplan/snapshots/mounts.h"
#include "locked_mount.h"
#include "mount_options.h"
#include "snapshotter_state.h"

namespace bayplan::snapshots {
namespace {

using metadata::BucketSource;
using metadata::ReadTx;
namespace schema = metadata::schema;

/// A row that stands for nothing that anybody uses, or may.
struct Suspect {
  std::string ns;
  std::string key;
};
struct Found {
  std::vector<Suspect> suspects;
  std::set<std::string> targets;  // of all snapshotters: they share the directory
};

bool is_settled(const MountRow& row, std::string_view boot) { return row.boot_id == boot && row.count > 0; }

class Recovery {
 public:
  Recovery(const metadata::Db& db, const Snapshotter& snapshotter, std::string boot)
      : db_(db), snapshotter_(snapshotter), boot_(std::move(boot)) {}

  Result<Found> find() {
    return db_.view([&](const ReadTx& tx) -> Result<Found> {
      Found found;
      BAYPLAN_ASSIGN(const auto namespaces, metadata::list_namespaces(tx));
      for (const std::string& ns : namespaces) BAYPLAN_TRY(find_in(tx, ns, found));
      return found;
    });
  }

  /// Who is at work on it has the lock; by the time that we have it, the row tells the truth.
  Result<void> settle(const Suspect& suspect) {
    auto snapshot = LockedMount::acquire(db_, snapshotter_, suspect.ns, suspect.key);
    if (!snapshot && snapshot.error().code() == Errc::not_found) return {};  // a collection was first
    if (!snapshot) return std::move(snapshot).error();
    BAYPLAN_ASSIGN(const auto row, snapshot->row());
    if (!row || is_settled(*row, boot_)) return {};
    return snapshot->undo(*row, boot_, WhenBusy::detach);
  }

 private:
  Result<void> find_in(const ReadTx& tx, const std::string& ns, Found& found) {
    BAYPLAN_ASSIGN(const auto snapshotters, metadata::namespace_bucket(tx, ns, {schema::kMounts}));
    if (!snapshotters) return {};
    return snapshotters->for_each_bucket([&](std::string_view name, const metadata::Bucket& mounts) {
      const bool ours = name == snapshotter_.name();
      return mounts.for_each_bucket(
          [&](std::string_view key, const metadata::Bucket& record) -> Result<void> {
            BAYPLAN_ASSIGN(const MountRow row, mount_records::decode(key, record));
            found.targets.insert(row.target);
            if (ours && !is_settled(row, boot_)) found.suspects.push_back({ns, std::string(key)});
            return {};
          });
    });
  }

  const metadata::Db& db_;
  const Snapshotter& snapshotter_;
  std::string boot_;
};

void note(std::optional<Error>& first, Result<void> result) {
  if (!result && !first) first = std::move(result).error();
}

// Names of mount points; none where nothing was ever mounted.
Result<std::vector<std::string>> mount_points(const std::filesystem::path& directory) {
  if (directory.empty()) return std::vector<std::string>();
  const auto opened = file::open_dir(directory);
  if (!opened && opened.error().code() == Errc::not_found) return std::vector<std::string>();
  if (!opened) return opened.error();
  return file::list(opened->get(), directory.native());
}

// Empty, or left alone: what is still mounted somewhere below is not ours to delete.
Result<void> remove_unnamed(const std::string& point) {
  BAYPLAN_TRY(unmount_all(point));
  return remove_mount_point(point);
}

}  // namespace

Result<void> Mounts::recover() const {
  BAYPLAN_ASSIGN(std::string boot, process::boot_id());
  Recovery recovery(db_, snapshotter_, std::move(boot));
  // Listed first: a directory is made behind its row, and removed before it.
  BAYPLAN_ASSIGN(const auto points, mount_points(directory_));
  BAYPLAN_ASSIGN(const Found found, recovery.find());
  std::optional<Error> first_error;
  for (const Suspect& suspect : found.suspects) note(first_error, recovery.settle(suspect));
  for (const std::string& name : points) {
    BAYPLAN_ASSIGN(const std::string point, absolute_path(directory_ / name));
    if (!found.targets.contains(point)) note(first_error, remove_unnamed(point));
  }
  if (first_error) return *std::move(first_error);
  return {};
}

}  // namespace bayplan::snapshots
