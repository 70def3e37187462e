#include <utility>

#include "bayplan/base/fault.h"
#include "byte_order.h"
#include "lmdb_error.h"
#include "lmdb_value.h"
#include "own_thread.h"
#include "row_cursor.h"
#include "tx_state.h"

namespace bayplan::metadata {
namespace {

void run(const std::vector<std::function<void()>>& hooks) {
  for (const auto& hook : hooks) hook();
}

}  // namespace

WriteCore::WriteCore(std::shared_ptr<Environment> environment, MDB_txn* txn, const Header& header)
    : environment_(std::move(environment)), header_(header), told_(environment_->events().wanted()) {
  levels_.push_back({.txn = txn, .header = header});
}

MDB_txn* WriteCore::txn() const noexcept {
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    if (level->txn != nullptr) return level->txn;
  }
  return nullptr;
}

Error WriteCore::broken(Error error) {
  levels_.back().broken = error;
  return error;
}

// LMDB frees the cursors of a transaction with it, and shadows them in a child: neither is left to it.
void WriteCore::drop_cursors() noexcept {
  if (seat_ != nullptr) ::mdb_cursor_close(std::exchange(seat_, nullptr));
  const auto open = std::exchange(cursors_, {});
  for (RowCursor* cursor : open) cursor->close();
}

// The outermost transaction, for a savepoint to write in: as long as nothing was written outside it, undoing
// means beginning anew, which is cheaper than LMDB's nesting. The writer lock is kept meanwhile.
MDB_txn* WriteCore::promotable() const noexcept {
  for (const Level& level : levels_) {
    if (level.wrote || level.promoted || level.broken) return nullptr;
  }
  return levels_.front().txn;
}

Result<MDB_txn*> WriteCore::writable() {
  Level& level = levels_.back();
  if (level.broken) return *level.broken;
  level.promoted = level.promoted || (levels_.size() > 1 && !level.wrote && promotable() != nullptr);
  if (level.promoted) return levels_.front().txn;
  level.wrote = true;
  if (level.txn != nullptr) return level.txn;
  drop_cursors();
  const int rc = ::mdb_txn_begin(environment_->env(), txn(), 0, &level.txn);
  if (rc == 0) return level.txn;
  level.txn = nullptr;
  return broken(lmdb_error(rc, "mdb_txn_begin", environment_->directory_fd()));
}

int WriteCore::take_seat() noexcept {
  return seat_ != nullptr ? 0 : ::mdb_cursor_open(txn(), environment_->rows(), &seat_);
}

int WriteCore::find_row(MDB_val* key, MDB_val* stored) noexcept {
  const int rc = take_seat();
  return rc != 0 ? rc : ::mdb_cursor_get(seat_, key, stored, MDB_SET);
}

Result<void> WriteCore::put_row(const RowKey& key, Tag tag, std::string_view payload) {
  BAYPLAN_TRY(writable());
  MDB_val where = to_val(key.bytes());
  MDB_val what{kRowHeaderBytes + payload.size(), nullptr};
  int rc = take_seat();
  if (rc == 0) rc = ::mdb_cursor_put(seat_, &where, &what, MDB_RESERVE);
  if (rc != 0) return broken(lmdb_error(rc, "mdb_cursor_put", environment_->directory_fd()));
  encode_row(key.bytes(), {tag, revision(), payload}, static_cast<char*>(what.mv_data));
  ++version_;
  ++header_.mutations;
  return {};
}

Result<void> WriteCore::erase_row(const RowKey& key) {
  BAYPLAN_ASSIGN(MDB_txn* const txn, writable());
  MDB_val where = to_val(key.bytes());
  const int rc = ::mdb_del(txn, environment_->rows(), &where, nullptr);
  if (rc == MDB_NOTFOUND) return {};
  if (rc != 0) return broken(lmdb_error(rc, "mdb_del", environment_->directory_fd()));
  ++version_;
  ++header_.deletions;
  return {};
}

Result<void> WriteCore::erase_rows(std::uint64_t id) {
  BAYPLAN_ASSIGN(MDB_txn* const txn, writable());
  MDB_cursor* cursor = nullptr;
  int rc = ::mdb_cursor_open(txn, environment_->rows(), &cursor);
  if (rc != 0) return broken(lmdb_error(rc, "mdb_cursor_open"));
  const RowKey start(id, {});
  const std::string_view prefix = start.bytes();
  MDB_val key = to_val(prefix);
  MDB_val value{};
  rc = ::mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
  while (rc == 0 && to_view(key).starts_with(prefix)) {
    rc = ::mdb_cursor_del(cursor, 0);
    if (rc != 0) break;
    ++version_;
    ++header_.deletions;
    rc = ::mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
  }
  ::mdb_cursor_close(cursor);
  if (rc != 0 && rc != MDB_NOTFOUND)
    return broken(lmdb_error(rc, "mdb_cursor_del", environment_->directory_fd()));
  return {};
}

std::uint64_t WriteCore::allocate_id() noexcept { return header_.next_id++; }

WriteCore::Pending& WriteCore::begin_pending(OpenBucketId host, const RowKey& row, std::string_view bytes,
                                             std::uint64_t revision) {
  pending_.host = host;
  pending_.row = row;
  pending_.buffer.assign(bytes);
  pending_.revision = revision;
  pending_.changed = false;
  return pending_;
}

Result<void> WriteCore::flush_pending() {
  drop_pending();
  if (!pending_.changed) return {};
  return put_row(pending_.row, Tag::inline_bucket, pending_.buffer.bytes());
}

void WriteCore::tell(std::string_view kind, std::string_view ns, std::string_view key, Change change) {
  if (!told_) return;
  events_.push_back({std::string(kind), std::string(ns), std::string(key), change, revision()});
}

Result<void> WriteCore::begin_level() {
  BAYPLAN_TRY(flush());
  levels_.push_back({.header = header_,
                     .commit_hooks = commit_hooks_.size(),
                     .abort_hooks = abort_hooks_.size(),
                     .events = events_.size(),
                     .buckets = buckets_.mark()});
  return {};
}

Result<void> WriteCore::commit_level() {
  BAYPLAN_TRY(flush());
  Level& inner = levels_.back();
  Level& outer = levels_[levels_.size() - 2];
  if (inner.broken) return *inner.broken;
  if (inner.promoted) {
    (levels_.size() == 2 ? outer.wrote : outer.promoted) = true;
  } else if (inner.txn != nullptr && outer.txn == nullptr && !outer.promoted) {
    outer.wrote = true;
    outer.txn = inner.txn;  // nothing of the outer level's own to keep apart: one LMDB child serves both
  } else if (inner.txn != nullptr) {
    drop_cursors();
    const int rc = ::mdb_txn_commit(std::exchange(inner.txn, nullptr));
    if (rc != 0) {
      outer.broken = lmdb_error(rc, "mdb_txn_commit", environment_->directory_fd());
      return *outer.broken;
    }
  }
  levels_.pop_back();
  return {};
}

// Everything but LMDB's part.
void WriteCore::undo(const Level& level) noexcept {
  header_ = level.header;
  ++version_;
  drop_pending();
  buckets_.undo(level.buckets);
  commit_hooks_.resize(level.commit_hooks);
  events_.resize(level.events);
  while (abort_hooks_.size() > level.abort_hooks) {
    const auto hook = std::move(abort_hooks_.back());
    abort_hooks_.pop_back();
    hook();
  }
}

void WriteCore::abort_level() noexcept {
  drop_cursors();
  const Level level = std::move(levels_.back());
  levels_.pop_back();
  if (!environment_->forked()) {
    if (level.promoted) restart();
    if (level.txn != nullptr) ::mdb_txn_abort(level.txn);
  }
  undo(level);
}

void WriteCore::restart() noexcept {
  Level& top = levels_.front();
  const auto number = ::mdb_txn_id(top.txn);
  ::mdb_txn_abort(std::exchange(top.txn, nullptr));
  const int rc = ::mdb_txn_begin(environment_->env(), nullptr, 0, &top.txn);
  if (rc == 0 && ::mdb_txn_id(top.txn) == number) return;
  const Error error =
      rc != 0 ? lmdb_error(rc, "mdb_txn_begin", environment_->directory_fd())
              : Error(Errc::conflict, "transaction", {}, "a writer that takes no writer lock came between");
  for (Level& level : levels_) level.broken = error;
}

bool WriteCore::changed() const noexcept {
  const Header& before = levels_.front().header;
  return header_.mutations != before.mutations || header_.deletions != before.deletions;
}

Result<void> WriteCore::commit_txn() {
  BAYPLAN_TRY(environment_->usable());
  BAYPLAN_TRY(flush());
  drop_cursors();
  Level& top = levels_.front();
  if (top.broken) return *top.broken;
  if (!changed()) return {};
  ++header_.revision;
  header_.txn = ::mdb_txn_id(top.txn);
  BAYPLAN_TRY(environment_->write_header(top.txn, header_));
  BAYPLAN_TRY(fault::at(fault::Point::commit_before));
  const int rc = ::mdb_txn_commit(std::exchange(top.txn, nullptr));
  if (rc != 0) return lmdb_error(rc, "mdb_txn_commit", environment_->directory_fd());
  environment_->complete_file();
  return {};
}

Result<void> WriteCore::commit() {
  auto committed = commit_txn();
  if (!committed) {
    abort();
    return committed;
  }
  const bool durable = levels_.front().txn == nullptr;
  if (!durable) ::mdb_txn_abort(std::exchange(levels_.front().txn, nullptr));
  ended_ = true;
  if (durable) environment_->events().push(std::move(events_), header_.revision);
  environment_->end_write();
  if (durable) BAYPLAN_TRY(fault::at(fault::Point::commit_durable));
  run(commit_hooks_);
  return {};
}

void WriteCore::abort() noexcept {
  if (ended_) return;
  while (levels_.size() > 1) abort_level();
  drop_cursors();
  ended_ = true;
  Level& top = levels_.front();
  if (!environment_->forked()) {
    if (top.txn != nullptr) ::mdb_txn_abort(std::exchange(top.txn, nullptr));
    environment_->end_write();
  } else {
    OwnThread::leave(environment_.get());  // this thread went on in the child
  }
  undo(top);
}

}  // namespace bayplan::metadata
