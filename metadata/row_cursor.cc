#include "row_cursor.h"

#include <limits>
#include <utility>

#include "bucket_path.h"
#include "byte_order.h"
#include "lmdb_error.h"
#include "lmdb_value.h"

namespace bayplan::metadata {
namespace {

// Sorts behind the sequence row and before, or at, every other row of a bucket.
constexpr std::string_view kSmallestKey{"\0", 1};

}  // namespace

RowCursor::~RowCursor() { close(); }

void RowCursor::close() noexcept {
  if (cursor_ == nullptr) return;
  ::mdb_cursor_close(cursor_);
  cursor_ = nullptr;
  if (core_) core_->detach(this);
}

Result<void> RowCursor::prepare() {
  found_ = false;
  BAYPLAN_TRY(state_->settle());
  if (cursor_ != nullptr && version_ == state_->version()) return {};
  close();
  const int rc = ::mdb_cursor_open(state_->txn(), state_->environment->rows(), &cursor_);
  if (rc != 0) {
    cursor_ = nullptr;
    return lmdb_error(rc, "mdb_cursor_open");
  }
  version_ = state_->version();
  if (core_) core_->attach(this);
  return {};
}

int RowCursor::move(MDB_cursor_op op) { return ::mdb_cursor_get(cursor_, &key_, &value_, op); }

Result<bool> RowCursor::read(int rc, std::uint64_t id, KeyedRow& row) {
  found_ = false;
  if (rc == MDB_NOTFOUND) return false;
  if (rc != 0) return lmdb_error(rc, "mdb_cursor_get");
  const std::string_view key = to_view(key_);
  if (key.size() < kBucketIdBytes) return corrupt_row(key, "the row's key is too short");
  if (load_be<std::uint64_t>(key.data()) != id) return false;
  found_ = true;
  auto decoded = decode_row(key, to_view(value_), row.row);
  if (!decoded) return in_bucket(*state_, std::move(decoded).error(), key);
  row.key = key.substr(kBucketIdBytes);
  return true;
}

RowCursor::Answer RowCursor::read(int rc, std::uint64_t id) {
  KeyedRow row;
  BAYPLAN_ASSIGN(const bool found, read(rc, id, row));
  return found ? std::optional(row) : std::nullopt;
}

// Going backwards, the sequence row is what lies before a bucket's first key.
RowCursor::Answer RowCursor::without_sequence(Answer row) {
  if (!row || !*row || !(*row)->key.empty()) return row;
  found_ = false;
  return std::optional<KeyedRow>{};
}

RowCursor::Answer RowCursor::seek(std::uint64_t id, std::string_view user_key) {
  BAYPLAN_TRY(prepare());
  const RowKey wanted(id, user_key);
  key_ = to_val(wanted.bytes());
  return read(move(MDB_SET_RANGE), id);
}

RowCursor::Answer RowCursor::first(std::uint64_t id) { return seek(id, kSmallestKey); }

RowCursor::Answer RowCursor::last(std::uint64_t id) {
  BAYPLAN_TRY(prepare());
  int rc = MDB_NOTFOUND;
  if (id != std::numeric_limits<std::uint64_t>::max()) {
    const RowKey behind(id + 1, {});
    key_ = to_val(behind.bytes());
    rc = move(MDB_SET_RANGE);
  }
  return without_sequence(read(move(rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV), id));
}

RowCursor::Answer RowCursor::next(std::uint64_t id) { return read(move(MDB_NEXT), id); }

Result<bool> RowCursor::next(std::uint64_t id, KeyedRow& row) {
  const int rc = move(MDB_NEXT);
  if (rc == 0) fetch_page();
  return read(rc, id, row);
}

// Rows of a page lie in no order: all of it is asked for when the first is met, so that the others are there
// in time.
void RowCursor::fetch_page() noexcept {
  constexpr std::uintptr_t kPageBytes = 4096;
  constexpr std::uintptr_t kLineBytes = 64;
  const auto page = reinterpret_cast<std::uintptr_t>(key_.mv_data) & ~(kPageBytes - 1);
  if (page == std::exchange(fetched_, page)) return;
  for (std::uintptr_t line = 0; line < kPageBytes; line += kLineBytes)
    __builtin_prefetch(reinterpret_cast<const char*>(page + line), 0, 2);
}

RowCursor::Answer RowCursor::prev(std::uint64_t id) { return without_sequence(read(move(MDB_PREV), id)); }

}  // namespace bayplan::metadata
