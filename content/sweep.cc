#include "sweep.h"

#include <functional>
#include <string>
#include <vector>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/removals.h"
#include "records.h"
#include "sweep_parts.h"

namespace bayplan::content {
namespace {

using metadata::Db;
using metadata::FileSweep;

Result<bool> is_recorded(const metadata::BucketSource& source, const std::vector<std::string>& namespaces,
                         const std::string& key) {
  for (const std::string& ns : namespaces) {
    BAYPLAN_ASSIGN(const auto blobs, blob_bucket(source, ns));
    if (!blobs) continue;
    BAYPLAN_ASSIGN(const auto entry, blobs->entry(key));
    if (entry) return true;
  }
  return false;
}

// The blobs of one algorithm that one snapshot does not know.
Result<std::vector<Digest>> unrecorded(const Db& db, int dir, std::string_view algorithm) {
  const std::string prefix = std::string(algorithm) + ":";
  // Listed first: a blob that comes later is none of this sweep's business.
  BAYPLAN_ASSIGN(const auto names, file::list(dir, algorithm));
  return db.view([&](const metadata::ReadTx& tx) -> Result<std::vector<Digest>> {
    BAYPLAN_ASSIGN(const auto namespaces, metadata::list_namespaces(tx));
    std::vector<Digest> digests;
    for (const std::string& name : names) {
      const auto digest = Digest::parse(prefix + name);
      if (!digest) {
        report_stray(db, "blobs/" + std::string(algorithm) + "/" + name);
        continue;
      }
      BAYPLAN_ASSIGN(const bool recorded, is_recorded(tx, namespaces, digest->to_string()));
      if (!recorded) digests.push_back(*digest);
    }
    return digests;
  });
}

// Precondition: the digest is claimed, and nobody records it.
Result<FileSweep> remove_blob(const BlobDirs& dirs, const Db& db, const Digest& digest) {
  const int dir = dirs.dir_of(digest);
  const auto info = file::stat_at(dir, digest.hex());
  if (is_absent(info)) return FileSweep{};
  if (!info) return info.error();
  if (S_ISDIR(info->st_mode)) {
    report_stray(db, "blobs/" + std::string(to_string(digest.algorithm())) + "/" + digest.hex());
    return FileSweep{};
  }
  BAYPLAN_TRY(fault::at(fault::Point::blob_record_removed));
  BAYPLAN_TRY(file::unlink(dir, digest.hex()));
  return FileSweep{1, disk_bytes(*info)};
}

using Spared = std::function<Result<bool>(const metadata::ReadTx&)>;

// Removes the blob, unless it is `spared` or somebody records it; empty while somebody is about to.
Result<std::optional<FileSweep>> remove_unrecorded(const BlobDirs& dirs, const Db& db, const Digest& digest,
                                                   const Spared& spared) {
  BAYPLAN_ASSIGN(const auto claim, dirs.locks->try_claim(digest));
  if (!claim) return std::optional<FileSweep>();
  // Who published it before the claim has committed its record by now, or would hold the byte.
  BAYPLAN_ASSIGN(const bool wanted, db.view([&](const metadata::ReadTx& tx) -> Result<bool> {
    BAYPLAN_ASSIGN(const bool kept, spared(tx));
    if (kept) return true;
    BAYPLAN_ASSIGN(const auto namespaces, metadata::list_namespaces(tx));
    return is_recorded(tx, namespaces, digest.to_string());
  }));
  if (wanted) return std::optional(FileSweep{});
  BAYPLAN_ASSIGN(const FileSweep removed, remove_blob(dirs, db, digest));
  return std::optional(removed);
}

Result<void> report_foreign_algorithms(const BlobDirs& dirs, const Db& db) {
  BAYPLAN_ASSIGN(const auto names, file::list(dirs.blobs.get(), "blobs"));
  for (const std::string& name : names) {
    const auto known = [&](DigestAlgorithm algorithm) { return to_string(algorithm) == name; };
    if (std::none_of(kAlgorithms.begin(), kAlgorithms.end(), known)) report_stray(db, "blobs/" + name);
  }
  return {};
}

}  // namespace

Result<FileSweep> sweep_blobs(const BlobDirs& dirs, const Db& db, const Control& control) {
  FileSweep sweep;
  BAYPLAN_TRY(report_foreign_algorithms(dirs, db));
  for (std::size_t i = 0; i < kAlgorithms.size(); ++i) {
    BAYPLAN_ASSIGN(const auto digests, unrecorded(db, dirs.by_algorithm[i].get(), to_string(kAlgorithms[i])));
    for (const Digest& digest : digests) {
      BAYPLAN_TRY(control.cancel.check());
      const std::string name = digest.to_string();
      // What is queued goes when the removal of its record is durable.
      BAYPLAN_ASSIGN(const auto removed, remove_unrecorded(dirs, db, digest, [&](const metadata::ReadTx& tx) {
                       return metadata::is_queued(tx, kContentKind, name);
                     }));
      if (removed) sweep += *removed;
      report_progress(control, name, sweep);
    }
  }
  return sweep;
}

Result<std::optional<FileSweep>> unlink_blob(const BlobDirs& dirs, const Db& db,
                                             const metadata::Removal& removal) {
  const auto digest = Digest::parse(removal.name);
  if (!digest) return Error(Errc::corrupt, "removal", removal.name, "is no digest");
  return remove_unrecorded(dirs, db, *digest, [&](const metadata::ReadTx& tx) -> Result<bool> {
    BAYPLAN_ASSIGN(const bool queued, metadata::is_queued(tx, kContentKind, removal));
    return !queued;
  });
}

}  // namespace bayplan::content
