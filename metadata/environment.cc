#include "environment.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

#include "bayplan/base/file.h"
#include "environment_registry.h"
#include "lmdb_error.h"
#include "lmdb_value.h"
#include "open_lock.h"
#include "precheck.h"

namespace bayplan::metadata {
namespace {

constexpr const char* kRowsName = "rows";
constexpr std::uint64_t kSmallestMap = std::uint64_t{1} << 20;

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

struct TxnAborter {
  void operator()(MDB_txn* txn) const noexcept { ::mdb_txn_abort(txn); }
};

}  // namespace

Environment::Environment(UniqueFd directory, std::filesystem::path path, const OpenOptions& options)
    : directory_(std::move(directory)),
      path_(std::move(path)),
      read_only_(options.read_only),
      diagnostics_(options.diagnostics),
      generation_(process_generation()) {}

Environment::~Environment() = default;

Result<std::unique_ptr<Environment>> Environment::open(UniqueFd directory, std::filesystem::path path,
                                                       const OpenOptions& options) {
  BAYPLAN_TRY(check_file_system(directory.get()));
  BAYPLAN_ASSIGN(const UniqueFd lock, take_open_lock(directory.get(), options.read_only));
  BAYPLAN_TRY(precheck(directory.get(), options.read_only));
  std::unique_ptr<Environment> environment(new Environment(std::move(directory), std::move(path), options));
  auto opened = environment->map(options);
  if (opened) opened = environment->open_rows();
  if (!opened) {
    if (environment->env_ != nullptr) ::mdb_env_close(std::exchange(environment->env_, nullptr));
    return std::move(opened).error();
  }
  return environment;
}

Result<void> Environment::map(const OpenOptions& options) {
  const unsigned int flags = MDB_NOTLS | (options.read_only ? unsigned{MDB_RDONLY} : 0u);
  for (std::uint64_t bytes = options.map_bytes;; bytes /= 2) {
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
  int dead = 0;
  ::mdb_reader_check(env_, &dead);
  return {};
}

Result<void> Environment::open_rows() {
  MDB_txn* raw = nullptr;
  if (const int rc = ::mdb_txn_begin(env_, nullptr, MDB_RDONLY, &raw); rc != 0) {
    return lmdb_error(rc, "mdb_txn_begin");
  }
  std::unique_ptr<MDB_txn, TxnAborter> txn(raw);
  if (const int rc = ::mdb_dbi_open(raw, nullptr, 0, &main_); rc != 0) return lmdb_error(rc, "mdb_dbi_open");
  BAYPLAN_ASSIGN(const Header header, read_header(raw));
  BAYPLAN_TRY(check_commit(header, ::mdb_txn_id(raw)));
  if (header.read_only_compatible != 0 && !read_only_) {
    return Error(Errc::version_mismatch, "metadata features", std::to_string(header.read_only_compatible),
                 "the store uses features that this library cannot write")
        .with_advice("open it read-only, or use a newer release");
  }
  unsigned int flags = 0;
  int rc = ::mdb_dbi_open(raw, kRowsName, 0, &rows_);
  if (rc == 0) rc = ::mdb_dbi_flags(raw, rows_, &flags);
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
  ::mdb_env_close(std::exchange(env_, nullptr));
}

bool Environment::forked() const noexcept { return generation_ != process_generation(); }

Result<void> Environment::usable() const {
  if (!forked()) return {};
  return Error(Errc::closed, "store", path_.native(), "opened before this process was forked")
      .with_advice("open the store again in the child");
}

Result<MDB_txn*> Environment::begin_read() { return begin(MDB_RDONLY); }

void Environment::end_read(MDB_txn* txn) noexcept {
  if (forked()) return;  // the reader slot is the parent's
  ::mdb_txn_abort(txn);
  left();
}

Result<MDB_txn*> Environment::begin_write() {
  BAYPLAN_TRY(usable());
  if (read_only_) return Error(Errc::read_only, "store", path_.native(), "opened for reading only");
  if (writer_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    return Error(Errc::failed_precondition, "store", path_.native(),
                 "this thread is inside a write transaction")
        .with_advice("use the transaction that is open, or a savepoint in it");
  }
  writer_mutex_.lock();
  writer_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  auto txn = begin(0);
  if (!txn) {
    writer_.store({}, std::memory_order_relaxed);
    writer_mutex_.unlock();
  }
  return txn;
}

int Environment::data_fd() const noexcept {
  int fd = -1;
  ::mdb_env_get_fd(env_, &fd);
  return fd;
}

void Environment::complete_file() noexcept {
  MDB_envinfo info{};
  MDB_stat stat{};
  struct stat file {};
  const int fd = data_fd();
  if (::mdb_env_info(env_, &info) != 0 || ::mdb_env_stat(env_, &stat) != 0 || ::fstat(fd, &file) != 0) return;
  const auto wanted = static_cast<off_t>((info.me_last_pgno + 1) * stat.ms_psize);
  // Not ftruncate: another process may make the file longer at this moment. Where there is no fallocate, the
  // next opening looks at every page.
  if (file.st_size < wanted) ::fallocate(fd, 0, wanted - 1, 1);
}

void Environment::end_write() noexcept {
  left();
  writer_.store({}, std::memory_order_relaxed);
  writer_mutex_.unlock();
}

void Environment::left() noexcept {
  const std::lock_guard lock(live_mutex_);
  --live_;
}

bool Environment::adopt_larger_map() {
  const std::lock_guard lock(live_mutex_);
  return live_ == 0 && ::mdb_env_set_mapsize(env_, 0) == 0;
}

Result<MDB_txn*> Environment::begin(unsigned int flags) {
  BAYPLAN_TRY(usable());
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    {
      const std::lock_guard lock(live_mutex_);
      ++live_;
    }
    MDB_txn* txn = nullptr;
    const int rc = ::mdb_txn_begin(env_, nullptr, flags, &txn);
    if (rc == 0) return txn;
    left();
    int dead = 0;
    const bool again = (rc == MDB_READERS_FULL && ::mdb_reader_check(env_, &dead) == 0 && dead > 0) ||
                       (rc == MDB_MAP_RESIZED && adopt_larger_map());
    if (again && attempt < kAttempts) continue;
    Error error = lmdb_error(rc, "mdb_txn_begin", directory_fd());
    if (rc != EAGAIN) return error;
    return std::move(error).with_advice(
        "a process of the same id in another PID namespace has the store open");
  }
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

Result<void> Environment::write_header(MDB_txn* txn, const Header& header) const {
  const std::string encoded = encode_header(header);
  MDB_val key = to_val(kHeaderKey);
  MDB_val value = to_val(encoded);
  const int rc = ::mdb_put(txn, main_, &key, &value, 0);
  if (rc != 0) return lmdb_error(rc, "mdb_put", directory_fd());
  return {};
}

}  // namespace bayplan::metadata
