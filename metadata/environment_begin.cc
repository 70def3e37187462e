// How transactions begin and end in an environment.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "environment.h"
#include "free_list.h"
#include "lmdb_error.h"
#include "lmdb_value.h"
#include "own_thread.h"
#include "reader_list.h"
#include "thread_io.h"

namespace bayplan::metadata {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kDeadReaderInterval{60};
// Free pages inside the file with which an ordinary transaction gets along.
constexpr std::uint64_t kPagesOfAWriter = 32;

}  // namespace

Environment::Pin::Pin(Environment& environment) : environment_(environment) {
  environment_.map_users_.enter();
}

template <class Attempt>
Result<void> Environment::begin(Attempt attempt) {
  BAYPLAN_TRY(usable());
  constexpr int kAttempts = 3;
  for (int tried = 1;; ++tried) {
    map_users_.enter();
    const int rc = attempt();
    if (rc == 0) return {};
    left();
    const bool again =
        (rc == MDB_READERS_FULL && clear_dead_readers()) || (rc == MDB_MAP_RESIZED && adopt_larger_map());
    if (!again || tried == kAttempts) return begin_error(rc);
  }
}

// LMDB 0.9 numbers a snapshot first and copies its roots after that: a reader that is held up between the two
// for as long as two commits take gets the roots of a later one, or half of them.
// The last one, which is perhaps of no commit at all, must leave nothing for who gets its number rightly.
Result<Reader*> Environment::begin_read() {
  for (int attempt = 1;; ++attempt) {
    Reader* reader = nullptr;
    BAYPLAN_TRY(begin([&] { return readers_.begin(env_, &reader); }));
    const bool whole = is_whole(reader->txn);
    if (whole || attempt == kSnapshotAttempts) {
      reader->buckets.start(whole ? ::mdb_txn_id(reader->txn) : 0);
      return reader;
    }
    end_read(reader);
  }
}

bool Environment::is_whole(MDB_txn* txn) const {
  if (is_newest(txn)) return true;
  const auto header = read_header(txn);
  return header && check_commit(*header, ::mdb_txn_id(txn));
}

void Environment::end_read(Reader* reader) noexcept {
  if (forked()) return;  // the reader slot is the parent's
  readers_.end(reader);
  left();
}

bool Environment::is_newest(MDB_txn* txn) const noexcept {
  MDB_envinfo info{};
  return ::mdb_env_info(env_, &info) == 0 && info.me_last_txnid == ::mdb_txn_id(txn);
}

bool Environment::writes() const noexcept {
  return writer_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

Error Environment::inside_write_transaction() const {
  return {Errc::failed_precondition, "store", path_.native(), "this thread is inside a write transaction"};
}

Result<MDB_txn*> Environment::begin_write(WriterKind kind, const WriteOptions& options) {
  BAYPLAN_TRY(usable());
  if (read_only_) return Error(Errc::read_only, "store", path_.native(), "opened for reading only");
  if (writes()) {
    return inside_write_transaction().with_advice("use the transaction that is open, or a savepoint in it");
  }
  if (options.stats != nullptr) *options.stats = {};
  const auto asked = Clock::now();
  auto entered = gate_->enter(kind, options);
  const auto began = Clock::now();
  if (options.stats != nullptr) options.stats->wait = began - asked;
  if (!entered) return std::move(entered).error().with_context("store", path_.native());
  writer_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  OwnThread::enter(this);
  turn_ = {.stats = options.stats, .reclaiming = options.reclaiming, .began = began};
  clear_dead_readers(began);
  grow_map();
  auto space = ensure_space(options.reclaiming);
  const unsigned int flags = options.durability == Durability::full ? 0 : MDB_NOMETASYNC;
  MDB_txn* txn = nullptr;
  auto begun = space ? begin([&] { return ::mdb_txn_begin(env_, nullptr, flags, &txn); }) : std::move(space);
  if (begun) return txn;
  leave_gate();
  return std::move(begun).error();
}

// 0: the map is large enough, or as large as it may become. Precondition: the map stays where it is
// meanwhile.
std::uint64_t Environment::larger_map() const noexcept {
  MDB_envinfo info{};
  MDB_stat stat{};
  if (::mdb_env_info(env_, &info) != 0 || ::mdb_env_stat(env_, &stat) != 0) return 0;
  const std::uint64_t used = (info.me_last_pgno + 1) * stat.ms_psize;
  if (used < info.me_mapsize / 2) return 0;
  const std::uint64_t larger = std::min(std::uint64_t{info.me_mapsize} * 2, largest_map(used));
  return larger > info.me_mapsize ? larger : 0;
}

// The map moves only when no transaction of this process stands on it.
void Environment::grow_map() noexcept {
  {
    const Pin pin(*this);
    if (larger_map() == 0) return;
  }
  map_users_.alone([this] {
    // A map that cannot grow is told by the write that does not fit.
    if (const std::uint64_t larger = larger_map(); larger != 0) ::mdb_env_set_mapsize(env_, larger);
  });
}

// Before anything is dirtied.
Result<void> Environment::ensure_space(bool reclaiming) {
  if (reclaiming) {
    reserve_.release();
    return {};
  }
  MDB_envinfo info{};
  MDB_stat stat{};
  {
    const Pin pin(*this);
    if (::mdb_env_info(env_, &info) != 0 || ::mdb_env_stat(env_, &stat) != 0) return {};
  }
  const bool at_cap = max_bytes_ != 0 && (info.me_last_pgno + 1) * stat.ms_psize >= max_bytes_;
  const bool has_reserve = reserve_.fill();
  if (has_reserve && !at_cap) return {};
  BAYPLAN_ASSIGN(const std::uint64_t free_pages, this->free_pages());
  if (free_pages >= kPagesOfAWriter) return {};
  if (!has_reserve) {
    return Error(Errc::no_space, "store", path_.native(), "the disk is full")
        .with_advice("delete and collect, or make room");
  }
  return Error(Errc::too_large, "store", path_.native(),
               "has grown to its cap of " + std::to_string(max_bytes_) + " bytes")
      .with_advice("delete and collect, or open it with a larger cap");
}

// LMDB shows its list to read transactions only.
Result<std::uint64_t> Environment::free_pages() {
  BAYPLAN_ASSIGN(Reader* const reader, begin_read());
  auto pages = count_free_pages(reader->txn);
  end_read(reader);
  return pages;
}

Result<void> Environment::write_header(MDB_txn* txn, const Header& header) {
  if (turn_.stats != nullptr) {
    BAYPLAN_ASSIGN(const Header before, read_header(txn));
    turn_.stats->rows_written = header.mutations - before.mutations;
    turn_.stats->rows_removed = header.deletions - before.deletions;
    turn_.bytes_before = bytes_written_by_thread();
    turn_.flush_began = Clock::now();
  }
  const std::string encoded = encode_header(header);
  MDB_val key = to_val(kHeaderKey);
  MDB_val value = to_val(encoded);
  const int rc = ::mdb_put(txn, main_, &key, &value, 0);
  if (rc != 0) return lmdb_error(rc, "mdb_put", directory_fd());
  return {};
}

void Environment::complete_file() noexcept {
  MDB_envinfo info{};
  MDB_stat stat{};
  if (::mdb_env_info(env_, &info) != 0 || ::mdb_env_stat(env_, &stat) != 0) return;
  lengthen_file(static_cast<off_t>((info.me_last_pgno + 1) * stat.ms_psize));
  if (turn_.stats == nullptr) return;
  turn_.stats->flush = Clock::now() - turn_.flush_began;
  turn_.stats->pages_written = (bytes_written_by_thread() - turn_.bytes_before) / stat.ms_psize;
}

// The length that was seen is kept: Linux 6.13 and later write an inode's times anew after each time that
// they were asked for, which would put a journal entry into every commit.
void Environment::lengthen_file(off_t wanted) noexcept {
  if (wanted <= file_length_) return;
  const int fd = data_fd();
  struct stat file {};
  if (::fstat(fd, &file) != 0) return;
  // Not ftruncate: another process may make the file longer at this moment. Where there is no fallocate, the
  // next opening looks at every page.
  const bool complete = file.st_size >= wanted || ::fallocate(fd, 0, wanted - 1, 1) == 0;
  if (complete) file_length_ = std::max(file.st_size, wanted);
}

void Environment::end_write() noexcept {
  left();
  if (turn_.reclaiming) reserve_.fill();
  if (turn_.stats != nullptr) turn_.stats->hold = Clock::now() - turn_.began;
  leave_gate();
}

void Environment::leave_gate() noexcept {
  OwnThread::leave(this);
  writer_.store({}, std::memory_order_relaxed);
  gate_->leave();
}

Result<void> Environment::begin_collecting() {
  BAYPLAN_TRY(usable());
  if (read_only_) return Error(Errc::read_only, "store", path_.native(), "opened for reading only");
  if (writes()) return inside_write_transaction().with_advice("collect when the transaction has ended");
  auto locked = Result<void>(Error(Errc::busy, "collection", path_.native()));
  if (!collecting_.exchange(true)) {
    locked = gate_->try_lock_collector();
    if (locked) return {};
    collecting_ = false;
  }
  if (locked.error().code() != Errc::busy) return locked;
  // Who asks again at once keeps a processor busy that the writers beside the collector are woken on; Linux
  // lets them wait there for a timer's tick, at each of their two waits for the disk.
  std::this_thread::yield();
  return Error(Errc::busy, "store", path_.native(), "another collection runs")
      .with_advice("wait until it has ended");
}

void Environment::end_collecting() noexcept {
  gate_->unlock_collector();
  collecting_ = false;
}

int Environment::flush() {
  const Pin pin(*this);
  return ::mdb_env_sync(env_, 1);
}

Result<void> Environment::sync() {
  BAYPLAN_TRY(usable());
  auto hooks = delayed_hooks_.take();
  const std::uint64_t pushed = events_->pushed();
  const int rc = flush();
  if (rc != 0) {
    delayed_hooks_.put_back(std::move(hooks));
    return lmdb_error(rc, "mdb_env_sync", directory_fd());
  }
  events_->release(pushed);
  DelayedHooks::run(hooks);
  events_->deliver();
  return {};
}

void Environment::left() noexcept { map_users_.leave(); }

bool Environment::adopt_larger_map() {
  int rc = EBUSY;
  map_users_.alone([&] { rc = ::mdb_env_set_mapsize(env_, 0); });
  return rc == 0;
}

bool Environment::clear_dead_readers() noexcept {
  int dead = 0;
  if (::mdb_reader_check(env_, &dead) != 0 || dead <= 0) return false;
  dead_readers_.fetch_add(static_cast<std::uint64_t>(dead), std::memory_order_relaxed);
  return true;
}

void Environment::clear_dead_readers(Clock::time_point now) noexcept {
  if (now - readers_checked_ < kDeadReaderInterval) return;
  readers_checked_ = now;
  clear_dead_readers();
}

Error Environment::begin_error(int rc) const {
  if (rc == MDB_READERS_FULL) {
    return Error(Errc::busy, "store", path_.native(), metadata::describe_readers(list_readers(env_)))
        .with_advice("end long reads, or open the store with more reader slots when no process has it open");
  }
  Error error = lmdb_error(rc, "mdb_txn_begin", directory_fd());
  if (rc != EAGAIN) return error;
  return std::move(error).with_advice("a process of the same id in another PID namespace has the store open");
}

}  // namespace bayplan::metadata
