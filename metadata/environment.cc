#include "environment.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>
#include <utility>

#include "bayplan/base/file.h"
#include "environment_registry.h"
#include "lmdb_error.h"
#include "open_lock.h"
#include "precheck.h"

namespace bayplan::metadata {
namespace {

constexpr const char* kRowsName = "rows";

void on_assert(MDB_env* env, const char* message) {
  const auto* sink = static_cast<const DiagnosticSink*>(::mdb_env_get_userctx(env));
  if (sink == nullptr || !*sink) return;
  (*sink)(
      {Level::error, "LMDB found its own structures damaged and ends the process", {{"assertion", message}}});
}

// Frees the environment of an attempt that failed.
struct EnvCloser {
  void operator()(MDB_env* env) const noexcept { ::mdb_env_close(env); }
};
using EnvPtr = std::unique_ptr<MDB_env, EnvCloser>;

}  // namespace

Environment::Environment(UniqueFd directory, std::filesystem::path path, const OpenOptions& options)
    : directory_(std::move(directory)),
      path_(std::move(path)),
      read_only_(options.read_only),
      max_bytes_(options.max_bytes),
      diagnostics_(options.diagnostics),
      generation_(process_generation()),
      gate_(std::make_unique<WriterGate>(UniqueFd{})),
      events_(std::make_shared<EventHub>(options.diagnostics)),
      submissions_(std::make_unique<SubmitQueue>(*this)) {}

Environment::~Environment() {
  if (!forked()) return;
  // The threads that wait at these exist in the parent only: nobody can wake or join them here. The gate's
  // descriptor was closed by whoever noticed the fork.
  static_cast<void>(gate_.release());
  static_cast<void>(submissions_.release());
}

Result<std::shared_ptr<Environment>> Environment::of(const Db& db) {
  BAYPLAN_TRY(db.opened());
  BAYPLAN_TRY(db.environment_->usable());
  return db.environment_;
}

Result<std::unique_ptr<Environment>> Environment::open(UniqueFd directory, std::filesystem::path path,
                                                       const OpenOptions& options) {
  BAYPLAN_TRY(check_file_system(directory.get()));
  BAYPLAN_TRY(check_has_data(directory.get()));
  BAYPLAN_ASSIGN(const UniqueFd lock, take_open_lock(directory.get(), options.read_only));
  BAYPLAN_TRY(precheck(directory.get(), options.read_only, options.max_readers));
  std::unique_ptr<Environment> environment(new Environment(std::move(directory), std::move(path), options));
  if (!options.read_only) {
    BAYPLAN_ASSIGN(UniqueFd file, open_writer_file(environment->directory_fd()));
    environment->gate_ = std::make_unique<WriterGate>(std::move(file));
    environment->reserve_ = Reserve::open(environment->directory_fd());
  }
  auto opened = environment->map(options);
  if (opened) opened = environment->open_rows();
  if (!opened) {
    if (environment->env_ != nullptr) ::mdb_env_close(std::exchange(environment->env_, nullptr));
    return std::move(opened).error();
  }
  return environment;
}

// Deletions may go beyond the cap a little, as they may use the reserve of a full disk.
std::uint64_t Environment::largest_map(std::uint64_t used) const noexcept {
  if (max_bytes_ == 0) return std::numeric_limits<std::uint64_t>::max();
  return std::max(max_bytes_, used) + reserve_.bytes();
}

Result<void> Environment::map(const OpenOptions& options) {
  const unsigned int flags = MDB_NOTLS | (options.read_only ? unsigned{MDB_RDONLY} : 0u);
  BAYPLAN_ASSIGN(const struct stat file, file::stat_at(directory_fd(), kDataName));
  const std::uint64_t most = largest_map(static_cast<std::uint64_t>(file.st_size));
  for (std::uint64_t bytes = std::min(options.map_bytes, most);; bytes /= 2) {
    MDB_env* raw = nullptr;
    if (const int rc = ::mdb_env_create(&raw); rc != 0) return lmdb_error(rc, "mdb_env_create");
    EnvPtr env(raw);
    int rc = ::mdb_env_set_maxreaders(raw, options.max_readers);
    if (rc == 0) rc = ::mdb_env_set_maxdbs(raw, 1);
    if (rc == 0) rc = ::mdb_env_set_mapsize(raw, bytes);
    if (rc == 0) rc = ::mdb_env_open(raw, path_.c_str(), flags, 0600);
    if (rc == 0) {
      env_ = env.release();
      break;
    }
    if (rc != ENOMEM || bytes / 2 < kSmallestMap) return lmdb_error(rc, "mdb_env_open", directory_fd());
  }
  ::mdb_env_set_userctx(env_, &diagnostics_);
  ::mdb_env_set_assert(env_, on_assert);
  unsigned int slots = 0;
  if (::mdb_env_get_maxreaders(env_, &slots) == 0) readers_.set_table_size(slots);
  clear_dead_readers(std::chrono::steady_clock::now());
  return {};
}

Result<void> Environment::open_rows() {
  for (int attempt = 1;; ++attempt) {
    MDB_txn* raw = nullptr;
    if (const int rc = ::mdb_txn_begin(env_, nullptr, MDB_RDONLY, &raw); rc != 0)
      return lmdb_error(rc, "mdb_txn_begin");
    TxnPtr txn(raw);
    if (const int rc = ::mdb_dbi_open(raw, nullptr, 0, &main_); rc != 0)
      return lmdb_error(rc, "mdb_dbi_open");
    if (attempt == kSnapshotAttempts || is_whole(raw)) return open_rows(std::move(txn));
  }
}

Result<void> Environment::open_rows(TxnPtr txn) {
  BAYPLAN_ASSIGN(const Header header, read_header(txn.get()));
  BAYPLAN_TRY(check_commit(header, ::mdb_txn_id(txn.get())));
  if (header.read_only_compatible != 0 && !read_only_) {
    return Error(Errc::version_mismatch, "metadata features", std::to_string(header.read_only_compatible),
                 "the store uses features that this library cannot write")
        .with_advice("open it read-only, or use a newer release");
  }
  unsigned int flags = 0;
  int rc = ::mdb_dbi_open(txn.get(), kRowsName, 0, &rows_);
  if (rc == 0) rc = ::mdb_dbi_flags(txn.get(), rows_, &flags);
  if (rc == MDB_NOTFOUND || flags != 0)
    return Error(Errc::corrupt, "database", kRowsName, "absent or of another kind");
  // The commit, of nothing, is what keeps the handle.
  if (rc == 0) rc = ::mdb_txn_commit(txn.release());
  if (rc != 0) return lmdb_error(rc, "mdb_dbi_open");
  return {};
}

void Environment::close() {
  if (env_ == nullptr) return;
  const auto lock =
      take_open_lock(directory_fd(), read_only_);  // closing unlocked is better than not closing
  readers_.drain();
  ::mdb_env_close(std::exchange(env_, nullptr));
}

Error Environment::fork_error() const {
  return Error(Errc::closed, "store", path_.native(), "opened before this process was forked")
      .with_advice("open the store again in the child");
}

int Environment::data_fd() const noexcept {
  int fd = -1;
  ::mdb_env_get_fd(env_, &fd);
  return fd;
}

Result<Header> Environment::read_header(MDB_txn* txn) const {
  MDB_val key = to_val(kHeaderKey);
  MDB_val value{};
  const int rc = ::mdb_get(txn, main_, &key, &value);
  if (rc == MDB_NOTFOUND)
    return Error(Errc::corrupt, "header row", {}, "absent: not an environment of this library");
  if (rc != 0) return lmdb_error(rc, "mdb_get");
  return decode_header(to_view(value));
}

}  // namespace bayplan::metadata
