#include "bayplan/metadata/store_root.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "bayplan/base/json.h"
#include "bayplan/metadata/check.h"
#include "bayplan/metadata/schema.h"
#include "migrations.h"

namespace bayplan::metadata {
namespace {

constexpr const char* kMarkerName = "store.json";
constexpr const char* kMetadataName = "metadata";
constexpr std::array kFolders = {"content", "snapshots", "containers"};
constexpr std::size_t kMaxMarkerBytes = 4096;

struct Marker {
  std::int64_t layout = kLayoutVersion;
  std::string uuid;
};

std::string environment_value(const char* name) {
  const char* value = ::secure_getenv(name);
  return value == nullptr ? std::string() : value;
}

Result<Marker> parse_marker(std::string_view text) {
  BAYPLAN_ASSIGN(const auto document, json::Document::parse(text, kMarkerName));
  Marker marker;
  BAYPLAN_ASSIGN(marker.layout, document.root().integer("layout"));
  BAYPLAN_ASSIGN(marker.uuid, document.root().string("uuid"));
  return marker;
}

// Empty when there is none. What does not parse is damage, whoever reads it.
Result<std::optional<Marker>> read_marker(int root) {
  auto text = file::read_file(root, kMarkerName, kMaxMarkerBytes);
  if (!text) {
    if (text.error().code() == Errc::not_found) return std::optional<Marker>{};
    return std::move(text).error();
  }
  auto marker = parse_marker(*text);
  if (!marker) return Error(Errc::corrupt, "file", kMarkerName, marker.error().to_string());
  if (marker->layout == kLayoutVersion) return std::optional<Marker>(std::move(*marker));
  return Error(Errc::version_mismatch, "store layout", std::to_string(marker->layout),
               "this library handles layout " + std::to_string(kLayoutVersion))
      .with_advice("use a newer release");
}

Result<void> write_marker(int root, const std::string& uuid) {
  json::Writer writer;
  writer.begin_object().key("layout").integer(kLayoutVersion).member("uuid", uuid).end_object();
  return file::replace_durably(root, kMarkerName, std::move(writer).take());
}

// Names that an interrupted creation can have left, what somebody who is faster writes meanwhile, and what a
// new ext4 volume holds.
bool is_harmless(const std::string& name) {
  return name == "lost+found" || name == kMetadataName || name == kMarkerName ||
         name.starts_with(std::string(kMetadataName) + ".tmp-") || name.starts_with(file::kTemporaryPrefix) ||
         std::find(kFolders.begin(), kFolders.end(), name) != kFolders.end();
}

Result<void> check_may_complete(int root, const std::filesystem::path& path, const OpenOptions& options) {
  BAYPLAN_ASSIGN(const auto names, file::list(root, path.native()));
  const bool foreign = !std::all_of(names.begin(), names.end(), is_harmless);
  if (foreign) {
    return Error(Errc::invalid_argument, "store", path.native(),
                 "a directory with other things in it, and no store")
        .with_advice("name an empty or absent directory");
  }
  if (options.create && !options.read_only) return {};
  return Error(Errc::not_found, "store", path.native(), "the directory holds no store");
}

Result<void> ensure_folders(int root) {
  for (const char* folder : kFolders) BAYPLAN_TRY(file::ensure_private_dir_at(root, folder));
  return {};
}

// Records that a newer library wrote may mean what this one cannot know; older ones are brought up to date.
Result<void> ensure_schema(const Db& db, const OpenOptions& options) {
  BAYPLAN_ASSIGN(const int version, db.view([](const ReadTx& tx) { return schema_version(tx); }));
  if (version == schema::kSchemaVersion) return {};
  if (!options.read_only) return db.update([](WriteTx& tx) { return migrate(tx); });
  return Error(Errc::version_mismatch, "schema", std::to_string(version),
               "older than what this library reads")
      .with_advice("open the store once for writing, which brings it up to date");
}

Result<StoreRoot> open_existing(int root, const std::filesystem::path& path, const Marker& marker,
                                const OpenOptions& options) {
  OpenOptions without_creation = options;
  without_creation.create = false;
  auto db = Db::open(path / kMetadataName, without_creation);
  if (!db) {
    if (db.error().code() != Errc::not_found) return std::move(db).error();
    return Error(Errc::corrupt, "store", path.native(), "its metadata directory is absent")
        .with_advice("restore the store from a backup");
  }
  // Before the first row is read: LMDB believes every page that it maps, and a damaged one can end the
  // process.
  BAYPLAN_TRY(db->view([](const ReadTx& tx) { return check_pages(tx); }));
  BAYPLAN_ASSIGN(const DbStats stats, db->stats());
  if (stats.uuid != marker.uuid) {
    return Error(Errc::corrupt, "store", path.native(), "its metadata belong to store " + stats.uuid);
  }
  BAYPLAN_TRY(ensure_schema(*db, options));
  if (!options.read_only) BAYPLAN_TRY(ensure_folders(root));
  return StoreRoot{path, marker.uuid, std::move(*db)};
}

Result<StoreRoot> complete(int root, const std::filesystem::path& path, const OpenOptions& options) {
  BAYPLAN_TRY(check_may_complete(root, path, options));
  BAYPLAN_ASSIGN(Db db, Db::open(path / kMetadataName, options));
  BAYPLAN_TRY(ensure_schema(db, options));
  BAYPLAN_ASSIGN(const DbStats stats, db.stats());
  BAYPLAN_TRY(ensure_folders(root));
  BAYPLAN_TRY(fault::at(fault::Point::create_store_before_marker));
  BAYPLAN_TRY(write_marker(root, stats.uuid));
  return StoreRoot{path, stats.uuid, std::move(db)};
}

Result<UniqueFd> open_root(const std::filesystem::path& path, const OpenOptions& options) {
  auto fd = file::open_dir(path);
  if (!fd && fd.error().code() == Errc::not_found && options.create && !options.read_only) {
    return file::ensure_private_dir(path);
  }
  if (!fd && fd.error().os_errno() == ENOTDIR) {
    return Error(Errc::invalid_argument, "store", path.native(), "not a directory");
  }
  return fd;
}

}  // namespace

std::filesystem::path default_root() {
  if (::geteuid() == 0) return "/var/lib/bayplan";
  const std::filesystem::path data = environment_value("XDG_DATA_HOME");
  if (data.is_absolute()) return data / "bayplan";
  return std::filesystem::path(environment_value("HOME")) / ".local/share/bayplan";
}

Result<StoreRoot> open_store_root(const std::filesystem::path& path, const OpenOptions& options) {
  std::error_code failed;
  std::filesystem::path absolute = std::filesystem::absolute(path, failed).lexically_normal();
  if (failed || path.empty())
    return Error(Errc::invalid_argument, "store", path.native(), "not a usable path");
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  BAYPLAN_ASSIGN(const UniqueFd root, open_root(absolute, options));
  BAYPLAN_ASSIGN(const auto marker, read_marker(root.get()));
  if (!marker) return complete(root.get(), absolute, options);
  if (!options.read_only) BAYPLAN_TRY(file::ensure_private_dir(absolute));
  return open_existing(root.get(), absolute, *marker, options);
}

}  // namespace bayplan::metadata
