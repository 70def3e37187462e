// A cursor over the rows of one bucket or continuation at a time, without chains: cursor.h puts them
// together.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "tx_state.h"

namespace bayplan::metadata {

/// After the error corrupt the cursor stands on the damaged row and next() and prev() go on from there.
/// Errors of every call that moves: corrupt, version_mismatch, io.
class RowCursor {
 public:
  explicit RowCursor(ReadState& state) : state_(&state), core_(state.core) {}
  ~RowCursor();
  RowCursor(const RowCursor&) = delete;
  RowCursor& operator=(const RowCursor&) = delete;

  using Answer = Result<std::optional<KeyedRow>>;
  /// The first row of `id` whose user key is >= `user_key`; the sequence row counts for the empty one only.
  Answer seek(std::uint64_t id, std::string_view user_key);
  Answer first(std::uint64_t id);
  Answer last(std::uint64_t id);
  /// The neighbour, if it belongs to `id`. Precondition: positioned().
  Answer next(std::uint64_t id);
  /// next() into `row`; false where that answers empty.
  Result<bool> next(std::uint64_t id, KeyedRow& row);
  Answer prev(std::uint64_t id);

  /// False when a write happened since the last call, or nothing was found.
  bool positioned() const noexcept { return cursor_ != nullptr && found_ && version_ == state_->version(); }
  /// Names the bucket whose row is `row`. Precondition: this is a read transaction's.
  static BucketHandle handle(const Row& row) {
    return row.tag == Tag::bucket ? BucketHandle{row.number()} : BucketHandle{0, row.payload, row.revision};
  }
  /// Gives LMDB's cursor back.
  void close() noexcept;

 private:
  Result<void> prepare();
  Result<bool> read(int rc, std::uint64_t id, KeyedRow& row);
  Answer read(int rc, std::uint64_t id);
  Answer without_sequence(Answer row);
  int move(MDB_cursor_op op);
  void fetch_page() noexcept;

  ReadState* state_;                 // perhaps gone when the cursor is closed
  std::shared_ptr<WriteCore> core_;  // of a write transaction
  MDB_cursor* cursor_ = nullptr;
  MDB_val key_{};
  MDB_val value_{};
  std::uint64_t version_ = 0;
  std::uintptr_t fetched_ = 0;  // the page that was asked for last
  bool found_ = false;
};

}  // namespace bayplan::metadata
