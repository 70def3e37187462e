// The cursor of a bucket that has rows of its own: those, and the chains of long keys, in byte order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "row_cursor.h"

namespace bayplan::metadata {

using FoundRow = Result<std::optional<KeyedRow>>;

/// Over the rows of a transaction, or of a file (pages/store_rows.h): whatever has their functions.
template <class State, class Rows>
class BasicTreeCursor final : public BucketCursor {
 public:
  /// `rows_id`: under which the bucket's rows lie. Given a `position`, as if that key had been answered last.
  BasicTreeCursor(State& state, const Lifeline& lifeline, const BucketHandle& bucket, std::uint64_t rows_id,
                  const std::optional<std::string>& position = {})
      : state_(&state),
        lifeline_(lifeline),
        bucket_(bucket),
        rows_id_(rows_id),
        rows_(state),
        position_(position.value_or("")),
        started_(position.has_value()) {
    to_top();
  }

  Result<std::optional<Entry>> first() override;
  Result<std::optional<Entry>> last() override;
  Result<std::optional<Entry>> next() override;
  Result<std::optional<Entry>> prev() override;
  Result<std::optional<Entry>> seek(std::string_view key) override;
  Result<bool> advance(Entry& entry) override;
  Result<bool> advance_where(Entry& entry, InlineTest& test) override;

 private:
  enum class Direction { forward, backward };

  Result<void> ready(Direction direction);
  void to_top();
  void remember();
  Result<void> enter(const KeyedRow& chain);
  RowKey pop();
  FoundRow leave(Direction direction);
  Error empty_chain();
  FoundRow settle(FoundRow row, Direction direction);
  FoundRow find(std::string_view key);
  FoundRow step(Direction direction);
  FoundRow reposition(Direction direction);
  Result<std::optional<Entry>> answer(FoundRow found);
  void fill(const KeyedRow& row, Entry& entry);
  Result<bool> arrive(const KeyedRow& row, Entry& entry);
  bool runs() const noexcept;
  std::uint64_t level_id() const noexcept { return ids_.back(); }

  State* state_;
  Lifeline lifeline_;
  BucketHandle bucket_;
  std::uint64_t rows_id_;
  Rows rows_;
  std::vector<std::uint64_t> ids_;  // the bucket, then the continuations that the row cursor is inside
  std::string prefix_;              // what leads there: kMaxChunkBytes of key for each continuation
  std::string position_;            // the key last answered or sought
  std::string_view passed_{};       // the same, where advance() came past it
  bool started_;
  Direction direction_ = Direction::forward;
  std::uint64_t entered_ = 0;  // continuations, since the cursor was placed or turned
};

using TreeCursor = BasicTreeCursor<ReadState, RowCursor>;

}  // namespace bayplan::metadata
