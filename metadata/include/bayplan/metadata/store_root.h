// The directory that holds a whole store, and its one immutable file.
//
//   <root>/store.json   {"layout":1,"uuid":"..."}: written last at creation, never changed
//   <root>/metadata/    the LMDB environment
//   <root>/content/  <root>/snapshots/  <root>/containers/    owned by the folders of those names
//
// Everything is 0700/0600 and repaired at open.
#pragma once

#include <filesystem>
#include <string>

#include "bayplan/metadata/db.h"

namespace bayplan::metadata {

inline constexpr int kLayoutVersion = 1;

struct StoreRoot {
  std::filesystem::path path;  ///< absolute
  std::string uuid;
  Db db;
};

/// $BAYPLAN_ROOT is the command's business; this answers /var/lib/bayplan for root, else
/// $XDG_DATA_HOME/bayplan or ~/.local/share/bayplan.
std::filesystem::path default_root();

/// Opens a store, or creates it crash-safely when `options.create`: whatever moment the power goes, the next
/// open finds a store or finishes making it. Records of an older schema are brought up to date, in one
/// transaction. Errors: not_found (absent and not to be created), invalid_argument (a file is there, or a
/// directory that is not empty and no store; nothing is touched), version_mismatch (a newer layout or schema;
/// an older schema, read-only), and those of Db::open.
Result<StoreRoot> open_store_root(const std::filesystem::path& path, const OpenOptions& options = {});

}  // namespace bayplan::metadata
