// A store's rows as they lie in the pages of its file: what cursor.h needs of a transaction, without one.
#pragma once

#include <optional>

#include "bayplan/metadata/bucket_source.h"
#include "pages/lmdb_reader.h"
#include "row.h"

namespace bayplan::metadata {

/// Names the bucket inside the row at element `index` of page `page`: the one whose entry begins so many
/// bytes into the row's payload, or, for kWholeRow, all of that.
struct InlinePlace {
  static constexpr std::size_t kWholeRow = 2047;
  std::uint64_t page = 0;
  std::size_t index = 0;
  std::size_t offset = kWholeRow;

  BucketHandle handle(std::uint64_t revision) const;
  /// Empty where `handle` names a bucket that has rows.
  static std::optional<InlinePlace> of(const BucketHandle& handle);
};

/// Stands in for ReadState.
class StoreState {
 public:
  StoreState(lmdb::Reader& reader, const TreeRecord& rows) : reader_(&reader), rows_(rows) {}

  Result<void> usable() const { return {}; }
  Result<void> usable(const BucketHandle&) const { return {}; }
  Result<void> settle() const { return {}; }
  static bool writes() noexcept { return false; }
  std::uint64_t row_count() const noexcept { return rows_.entries; }
  std::string_view keep(std::string_view bytes) { return arena().keep(bytes); }
  Arena& arena() noexcept { return reader_->arena(); }

  lmdb::Reader& reader() const noexcept { return *reader_; }
  const TreeRecord& rows() const noexcept { return rows_; }

 private:
  lmdb::Reader* reader_;
  TreeRecord rows_;
};
/// `error` about the row `row_key`, with its bucket's number.
Error in_bucket(const StoreState& state, Error error, std::string_view row_key);

/// Stands in for RowCursor (row_cursor.h), with its functions. After an error it stands on what is damaged.
class StoreRows {
 public:
  explicit StoreRows(StoreState& state) : state_(&state), walk_(state.reader()) {}

  using Answer = Result<std::optional<KeyedRow>>;
  Answer seek(std::uint64_t id, std::string_view user_key);
  Answer first(std::uint64_t id);
  Answer last(std::uint64_t id);
  Answer next(std::uint64_t id);
  Result<bool> next(std::uint64_t id, KeyedRow& row);
  Answer prev(std::uint64_t id);
  bool positioned() const noexcept { return positioned_; }
  /// Names the bucket whose row is `row`, on which it stands.
  BucketHandle handle(const Row& row) const;

 private:
  Result<lmdb::Page::Pointer> root() const;
  Answer read(Result<bool> moved, std::uint64_t id);
  Answer read_row(std::uint64_t id);
  Answer without_sequence(Answer row);

  StoreState* state_;
  TreeWalk<lmdb::Reader> walk_;
  bool positioned_ = false;
};

}  // namespace bayplan::metadata
