#include "sweep.h"

#include <optional>
#include <utility>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "bayplan/metadata/removals.h"
#include "directory_names.h"
#include "gc_kind.h"
#include "overlay_mount.h"
#include "records.h"

namespace bayplan::snapshots {
namespace {

// How many directories are locked at a time, to look at the records once for all of them.
constexpr std::size_t kBatch = 32;

struct Orphan {
  std::string id;
  UniqueFd locked;
};

// What the records name, and what of `orphans` goes when the removal of its record is durable.
Result<std::set<std::string>> spared_directories(const Driver& driver, const metadata::Db& db,
                                                 const std::vector<Orphan>& orphans) {
  return db.view([&](const metadata::ReadTx& tx) -> Result<std::set<std::string>> {
    BAYPLAN_ASSIGN(auto spared, records::directories(tx, driver.name()));
    for (const Orphan& orphan : orphans) {
      BAYPLAN_ASSIGN(const bool queued,
                     metadata::is_queued(tx, kSnapshotKind, node_key(driver.name(), orphan.id)));
      if (queued) spared.insert(orphan.id);
    }
    return spared;
  });
}

// None for what is no directory, is gone, or belongs to a stage that lives.
std::optional<Orphan> lock(const Driver& driver, const std::string& id) {
  auto fd = file::open_dir_at(driver.root(), id);
  if (!fd || !file::try_lock_exclusive(fd->get(), id)) return std::nullopt;
  return Orphan{id, *std::move(fd)};
}

Result<metadata::FileSweep> remove_directory(const Driver& driver, const std::string& id) {
  BAYPLAN_TRY(fault::at(fault::Point::snapshot_record_removed));
  BAYPLAN_ASSIGN(const std::uint64_t bytes, file::remove_tree(driver.root(), id));
  return metadata::FileSweep{1, bytes};
}

class Sweep {
 public:
  Sweep(const Driver& driver, const metadata::Db& db, const DiagnosticSink& diagnostics)
      : driver_(driver), db_(db), diagnostics_(diagnostics) {}

  Result<metadata::FileSweep> run(const Control& control) {
    BAYPLAN_ASSIGN(const auto entries, file::list(driver_.root(), driver_.name()));
    BAYPLAN_ASSIGN(const auto named, spared_directories(driver_, db_, {}));
    for (const std::string& id : entries) {
      BAYPLAN_TRY(control.cancel.check());
      if (id == kProbeDirectory || named.contains(id)) continue;
      if (auto orphan = lock(driver_, id)) orphans_.push_back(*std::move(orphan));
      if (orphans_.size() == kBatch) BAYPLAN_TRY(remove_orphans());
    }
    BAYPLAN_TRY(remove_orphans());
    if (first_error_) return *std::move(first_error_);
    return swept_;
  }

 private:
  // A stage may have become a record between our look at the records and its lock becoming free: look again.
  Result<void> remove_orphans() {
    if (orphans_.empty()) return {};
    BAYPLAN_ASSIGN(const auto spared, spared_directories(driver_, db_, orphans_));
    for (const Orphan& orphan : std::exchange(orphans_, {})) {
      if (!spared.contains(orphan.id)) remove(orphan.id);
    }
    return {};
  }

  void remove(const std::string& id) {
    auto removed = remove_directory(driver_, id);
    if (removed) {
      swept_ += *removed;
      return;
    }
    if (diagnostics_) {
      diagnostics_({Level::warning,
                    "a snapshot directory could not be removed",
                    {{"directory", id}, {"error", removed.error().to_string()}}});
    }
    if (!first_error_) first_error_ = std::move(removed).error();
  }

  const Driver& driver_;
  const metadata::Db& db_;
  const DiagnosticSink& diagnostics_;
  std::vector<Orphan> orphans_;
  std::optional<Error> first_error_;
  metadata::FileSweep swept_;
};

}  // namespace

Result<metadata::FileSweep> sweep_directories(const Driver& driver, const metadata::Db& db,
                                              const DiagnosticSink& diagnostics, const Control& control) {
  return Sweep(driver, db, diagnostics).run(control);
}

Result<std::optional<metadata::FileSweep>> unlink_directory(const Driver& driver, const metadata::Db& db,
                                                            const metadata::Removal& removal) {
  const std::string prefix = node_key(driver.name(), {});
  if (!removal.name.starts_with(prefix)) return std::optional<metadata::FileSweep>();
  const std::string id = removal.name.substr(prefix.size());
  if (!is_directory_name(id)) return Error(Errc::corrupt, "removal", removal.name, "names no directory");
  const auto there = file::stat_at(driver.root(), id);
  if (!there && there.error().code() == Errc::not_found) return std::optional(metadata::FileSweep{});
  BAYPLAN_TRY(there);
  const auto orphan = lock(driver, id);
  if (!orphan) return std::optional<metadata::FileSweep>();
  BAYPLAN_ASSIGN(const bool queued, db.view([&](const metadata::ReadTx& tx) {
    return metadata::is_queued(tx, kSnapshotKind, removal);
  }));
  if (!queued) return std::optional(metadata::FileSweep{});
  BAYPLAN_ASSIGN(const metadata::FileSweep removed, remove_directory(driver, id));
  return std::optional(removed);
}

}  // namespace bayplan::snapshots
