#include <functional>
#include <optional>
#include <string>

#include "bayplan/base/file.h"
#include "bayplan/metadata/removals.h"
#include "ingest_records.h"
#include "sweep.h"
#include "sweep_parts.h"

namespace bayplan::content {
namespace {

using metadata::Db;
using metadata::FileSweep;
using metadata::ReadTx;

using Spared = std::function<Result<bool>(const ReadTx&)>;

// Removes directory `name` unless it is `spared`, asked under its lock; empty while somebody has that.
Result<std::optional<FileSweep>> remove_staging(const BlobDirs& dirs, const Db& db, const std::string& name,
                                                const Spared& spared) {
  const int ingest = dirs.ingest.get();
  const auto dir = file::open_dir_at(ingest, name);
  if (is_absent(dir)) return std::optional(FileSweep{});
  if (!dir) return dir.error();
  const auto locked = file::try_lock_exclusive(dir->get(), name);
  if (!locked && locked.error().code() == Errc::busy) return std::optional<FileSweep>();
  BAYPLAN_TRY(locked);
  // While the lock was on its way another may have come to have the name.
  BAYPLAN_ASSIGN(const bool still, file::is_still_at(dir->get(), ingest, name));
  if (!still) return std::optional<FileSweep>();
  BAYPLAN_ASSIGN(const bool kept, db.view(spared));
  if (kept) return std::optional(FileSweep{});
  BAYPLAN_ASSIGN(const std::uint64_t bytes, file::remove_tree(ingest, name));
  return std::optional(FileSweep{1, bytes});
}

// A record waits for its bytes to go on, and what is queued goes when the removal of its record is durable.
Result<bool> is_awaited(const ReadTx& tx, const std::string& name) {
  BAYPLAN_ASSIGN(const auto named, ingests::directories(tx));
  if (named.contains(name)) return true;
  return metadata::is_queued(tx, ingests::kIngestKind, std::string_view(name));
}

}  // namespace

Result<FileSweep> sweep_staging(const BlobDirs& dirs, const Db& db, const Control& control) {
  FileSweep sweep;
  BAYPLAN_ASSIGN(const auto names, file::list(dirs.ingest.get(), "ingest"));
  BAYPLAN_ASSIGN(const auto named, db.view([](const ReadTx& tx) { return ingests::directories(tx); }));
  for (const std::string& name : names) {
    BAYPLAN_TRY(control.cancel.check());
    const auto info = file::stat_at(dirs.ingest.get(), name);
    if (is_absent(info)) continue;
    if (!info) return info.error();
    if (!S_ISDIR(info->st_mode)) {
      report_stray(db, "ingest/" + name);
      continue;
    }
    if (named.contains(name)) continue;
    BAYPLAN_ASSIGN(const auto removed,
                   remove_staging(dirs, db, name, [&](const ReadTx& tx) { return is_awaited(tx, name); }));
    if (removed) sweep += *removed;
    report_progress(control, name, sweep);
  }
  return sweep;
}

Result<std::optional<FileSweep>> unlink_staging(const BlobDirs& dirs, const Db& db,
                                                const metadata::Removal& removal) {
  return remove_staging(dirs, db, removal.name, [&](const ReadTx& tx) -> Result<bool> {
    BAYPLAN_ASSIGN(const bool queued, metadata::is_queued(tx, ingests::kIngestKind, removal));
    return !queued;
  });
}

}  // namespace bayplan::content
