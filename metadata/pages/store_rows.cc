#include "pages/store_rows.h"

#include <limits>

#include "byte_order.h"

namespace bayplan::metadata {
namespace {

constexpr std::uint64_t kInlineBit = std::uint64_t{1} << 63;
constexpr unsigned kIndexShift = 11;
constexpr unsigned kPageShift = 24;
constexpr std::uint64_t kIndexBits = (1 << (kPageShift - kIndexShift)) - 1;
// No element's: the tree of the rows belongs to the main tree.
constexpr std::uint64_t kRowsOwner = 0;
// Sorts behind the sequence row and before, or at, every other row of a bucket.
constexpr std::string_view kSmallestKey{"\0", 1};

}  // namespace

BucketHandle InlinePlace::handle(std::uint64_t revision) const {
  return {kInlineBit | page << kPageShift | std::uint64_t{index} << kIndexShift | offset, {}, revision};
}

std::optional<InlinePlace> InlinePlace::of(const BucketHandle& handle) {
  if ((handle.id & kInlineBit) == 0) return {};
  return InlinePlace{(handle.id & ~kInlineBit) >> kPageShift, handle.id >> kIndexShift & kIndexBits,
                     handle.id & kWholeRow};
}

Error in_bucket(const StoreState&, Error error, std::string_view row_key) {
  if (row_key.size() < kBucketIdBytes) return error;
  return std::move(error).with_context("bucket number",
                                       std::to_string(load_be<std::uint64_t>(row_key.data())));
}

Result<lmdb::Page::Pointer> StoreRows::root() const {
  return state_->reader().page(state_->rows().root, kRowsOwner, {});
}

StoreRows::Answer StoreRows::read(Result<bool> moved, std::uint64_t id) {
  positioned_ = true;
  BAYPLAN_ASSIGN(const bool there, std::move(moved));
  Answer row = there ? read_row(id) : std::optional<KeyedRow>{};
  if (row && !*row) positioned_ = false;
  return row;
}

StoreRows::Answer StoreRows::read_row(std::uint64_t id) {
  BAYPLAN_TRY(walk_.sound());
  const std::string_view key = walk_.element().key;
  if (key.size() < kBucketIdBytes) return corrupt_row(key, "the row's key is too short");
  if (load_be<std::uint64_t>(key.data()) != id) return std::optional<KeyedRow>{};
  BAYPLAN_ASSIGN(const std::string_view stored, state_->reader().data(*walk_.page(), walk_.index()));
  KeyedRow row{key.substr(kBucketIdBytes), {}};
  auto decoded = decode_row(key, stored, row.row);
  if (!decoded) return in_bucket(*state_, std::move(decoded).error(), key);
  return std::optional(row);
}

StoreRows::Answer StoreRows::without_sequence(Answer row) {
  if (!row || !*row || !(*row)->key.empty()) return row;
  positioned_ = false;
  return std::optional<KeyedRow>{};
}

StoreRows::Answer StoreRows::seek(std::uint64_t id, std::string_view user_key) {
  walk_.leave();
  if (state_->rows().root == kNoPage) return read(false, id);
  auto page = root();
  if (!page) return read(page.error(), id);
  return read(walk_.seek(std::move(page).value(), RowKey(id, user_key).bytes()), id);
}

StoreRows::Answer StoreRows::first(std::uint64_t id) { return seek(id, kSmallestKey); }

StoreRows::Answer StoreRows::last(std::uint64_t id) {
  walk_.leave();
  if (state_->rows().root == kNoPage) return read(false, id);
  auto page = root();
  if (!page) return read(page.error(), id);
  if (id == std::numeric_limits<std::uint64_t>::max())
    return without_sequence(read(walk_.end(std::move(page).value(), Direction::backward), id));
  Result<bool> behind = walk_.seek(std::move(page).value(), RowKey(id + 1, {}).bytes());
  if (!behind) return read(std::move(behind), id);
  const bool empty = walk_.page()->elements().empty();
  return without_sequence(read(*behind ? walk_.move(Direction::backward) : Result<bool>(!empty), id));
}

StoreRows::Answer StoreRows::next(std::uint64_t id) { return read(walk_.move(Direction::forward), id); }

Result<bool> StoreRows::next(std::uint64_t id, KeyedRow& row) {
  BAYPLAN_ASSIGN(const auto found, next(id));
  if (found) row = *found;
  return found.has_value();
}

StoreRows::Answer StoreRows::prev(std::uint64_t id) {
  return without_sequence(read(walk_.move(Direction::backward), id));
}

BucketHandle StoreRows::handle(const Row& row) const {
  if (row.tag != Tag::bucket) return InlinePlace{walk_.page()->number(), walk_.index()}.handle(row.revision);
  // Ids count from 1 on: none was ever as great.
  return {(row.number() & kInlineBit) == 0 ? row.number() : 0};
}

}  // namespace bayplan::metadata
