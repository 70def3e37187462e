#include "create.h"

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "header.h"
#include "lmdb_error.h"
#include "lmdb_value.h"
#include "precheck.h"

namespace bayplan::metadata {
namespace {

constexpr std::uint32_t kCreationReaders = 8;

struct EnvCloser {
  void operator()(MDB_env* env) const noexcept { ::mdb_env_close(env); }
};

Result<void> commit_first(MDB_env* env) {
  Header header;
  BAYPLAN_ASSIGN(header.uuid, random_uuid());
  MDB_txn* raw = nullptr;
  if (const int rc = ::mdb_txn_begin(env, nullptr, 0, &raw); rc != 0) return lmdb_error(rc, "mdb_txn_begin");
  TxnPtr txn(raw);
  header.txn = ::mdb_txn_id(raw);
  const std::string encoded = encode_header(header);
  MDB_dbi main = 0;
  MDB_dbi rows = 0;
  int rc = ::mdb_dbi_open(raw, nullptr, 0, &main);
  if (rc == 0) rc = ::mdb_dbi_open(raw, "rows", MDB_CREATE, &rows);
  if (rc != 0) return lmdb_error(rc, "mdb_dbi_open");
  MDB_val key = to_val(kHeaderKey);
  MDB_val value = to_val(encoded);
  if (rc = ::mdb_put(raw, main, &key, &value, 0); rc != 0) return lmdb_error(rc, "mdb_put");
  if (rc = ::mdb_txn_commit(txn.release()); rc != 0) return lmdb_error(rc, "mdb_txn_commit");
  return {};
}

Result<void> fill_environment(int fd, const std::filesystem::path& directory, std::uint64_t map_bytes,
                              const FillEnvironment& fill) {
  BAYPLAN_TRY(fill_lock_file(fd, kCreationReaders));
  MDB_env* raw = nullptr;
  if (const int rc = ::mdb_env_create(&raw); rc != 0) return lmdb_error(rc, "mdb_env_create");
  const std::unique_ptr<MDB_env, EnvCloser> env(raw);
  int rc = ::mdb_env_set_maxdbs(raw, 1);
  if (rc == 0) rc = ::mdb_env_set_maxreaders(raw, kCreationReaders);
  if (rc == 0) rc = ::mdb_env_set_mapsize(raw, map_bytes);
  if (rc == 0) rc = ::mdb_env_open(raw, directory.c_str(), MDB_NOTLS, 0600);
  if (rc != 0) return lmdb_error(rc, "mdb_env_open");
  return fill(raw);
}

// Whoever creates holds the parent's lock, so what lies there under a temporary name has no living maker.
Result<void> remove_leftovers(int parent, const std::string& prefix) {
  BAYPLAN_ASSIGN(const auto names, file::list(parent, "store"));
  for (const std::string& name : names) {
    if (name.starts_with(prefix)) BAYPLAN_TRY(file::remove_tree(parent, name));
  }
  return {};
}

// An empty directory may stand in the way and is replaced; anything else means that somebody was faster.
Result<bool> is_taken(int parent, const std::string& name) {
  auto existing = file::open_dir_at(parent, name);
  if (!existing) {
    if (existing.error().code() == Errc::not_found) return false;
    return std::move(existing).error();
  }
  BAYPLAN_ASSIGN(const auto names, file::list(existing->get(), name));
  return !names.empty();
}

Result<void> build(int parent, const std::filesystem::path& parent_path, const std::string& name,
                   const std::string& temporary, std::uint64_t map_bytes, const FillEnvironment& fill) {
  BAYPLAN_ASSIGN(const UniqueFd made, file::ensure_private_dir_at(parent, temporary));
  BAYPLAN_TRY(fill_environment(made.get(), parent_path / temporary, map_bytes, fill));
  // Whoever opens it first decides about the number of reader slots.
  BAYPLAN_TRY(file::unlink(made.get(), "lock.mdb"));
  BAYPLAN_TRY(file::sync_dir(made.get(), temporary));
  BAYPLAN_TRY(fault::at(fault::Point::create_store_env_committed));
  auto named = file::rename(parent, temporary, parent, name);
  if (named || named.error().os_errno() != EBUSY) return named;
  return Error(Errc::failed_precondition, "directory", (parent_path / name).native(), "is a mount point")
      .with_advice("name a directory below it");
}

}  // namespace

Result<bool> build_environment(const std::filesystem::path& directory, std::uint64_t map_bytes,
                               const FillEnvironment& fill) {
  if (directory.empty()) return Error(Errc::invalid_argument, "directory", {}, "the path is empty");
  std::error_code failed;
  std::filesystem::path path = std::filesystem::absolute(directory, failed).lexically_normal();
  if (failed) return Error::from_errno(failed.value(), "directory", directory.native(), "getcwd");
  if (!path.has_filename()) path = path.parent_path();
  const std::string name = path.filename().native();
  const std::string prefix = name + ".tmp-";
  BAYPLAN_ASSIGN(const UniqueFd parent,
                 file::ensure_private_dir(path.parent_path(), file::ExistingMode::keep));
  BAYPLAN_TRY(file::lock_exclusive(parent.get(), path.parent_path().native()));
  BAYPLAN_ASSIGN(const bool taken, is_taken(parent.get(), name));
  if (taken) return false;
  BAYPLAN_TRY(remove_leftovers(parent.get(), prefix));
  const std::string temporary = file::random_name(prefix);
  auto built = build(parent.get(), path.parent_path(), name, temporary, map_bytes, fill);
  if (!built) {
    ignore_error(file::remove_tree(parent.get(), temporary),
                 "the first error says more; the next creation removes it");
    return std::move(built).error();
  }
  BAYPLAN_TRY(fault::at(fault::Point::create_store_env_renamed));
  BAYPLAN_TRY(file::sync_dir(parent.get(), path.parent_path().native()));
  return true;
}

Result<void> create_environment(const std::filesystem::path& directory) {
  BAYPLAN_ASSIGN([[maybe_unused]] const bool built, build_environment(directory, kSmallestMap, commit_first));
  return {};
}

}  // namespace bayplan::metadata
