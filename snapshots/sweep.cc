#include "sweep.h"

#include <optional>
#include <utility>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
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

Result<std::set<std::string>> named_directories(const metadata::Db& db, std::string_view snapshotter) {
  return db.view([&](const metadata::ReadTx& tx) { return records::directories(tx, snapshotter); });
}

class Sweep {
 public:
  Sweep(const Driver& driver, const metadata::Db& db, const DiagnosticSink& diagnostics)
      : driver_(driver), db_(db), diagnostics_(diagnostics) {}

  Result<metadata::FileSweep> run(const Control& control) {
    BAYPLAN_ASSIGN(const auto entries, file::list(driver_.root(), driver_.name()));
    BAYPLAN_ASSIGN(const auto named, named_directories(db_, driver_.name()));
    for (const std::string& id : entries) {
      BAYPLAN_TRY(control.cancel.check());
      if (id == kProbeDirectory || named.contains(id)) continue;
      if (auto orphan = lock(id)) orphans_.push_back(*std::move(orphan));
      if (orphans_.size() == kBatch) BAYPLAN_TRY(remove_orphans());
    }
    BAYPLAN_TRY(remove_orphans());
    if (first_error_) return *std::move(first_error_);
    return swept_;
  }

 private:
  // None for what is no directory, is gone, or belongs to a stage that lives.
  std::optional<Orphan> lock(const std::string& id) const {
    auto fd = file::open_dir_at(driver_.root(), id);
    if (!fd || !file::try_lock_exclusive(fd->get(), id)) return std::nullopt;
    return Orphan{id, *std::move(fd)};
  }

  // A stage may have become a record between our look at the records and its lock becoming free: look again.
  Result<void> remove_orphans() {
    if (orphans_.empty()) return {};
    BAYPLAN_ASSIGN(const auto named, named_directories(db_, driver_.name()));
    for (const Orphan& orphan : std::exchange(orphans_, {})) {
      if (named.contains(orphan.id)) continue;
      BAYPLAN_TRY(fault::at(fault::Point::snapshot_record_removed));
      remove(orphan.id);
    }
    return {};
  }

  void remove(const std::string& id) {
    const auto usage = driver_.usage(id);
    auto removed = file::remove_tree(driver_.root(), id);
    if (removed) {
      ++swept_.files;
      swept_.bytes += usage ? usage->bytes : 0;
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

}  // namespace bayplan::snapshots
