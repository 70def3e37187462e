#include "cursor.h"
#include "inline_cursor.h"
#include "inline_host.h"
#include "place.h"

namespace bayplan::metadata {

ReadTx::ReadTx() = default;
ReadTx::~ReadTx() = default;

ReadState& state_of(const ReadTx& tx) { return *tx.read_; }

std::uint64_t ReadTx::revision() const noexcept { return read_->revision(); }

BucketHandle ReadTx::root_handle() const { return {kRootBucketId}; }

namespace {

bool is_bucket(const Row& row) { return row.tag == Tag::bucket || row.tag == Tag::inline_bucket; }

// Its key is a view of nothing in a write transaction, and of the key's end where that is in a chain.
Result<std::optional<KeyedRow>> find_row(ReadState& state, std::uint64_t rows_id, std::string_view key) {
  if (key.empty()) return std::optional<KeyedRow>{};
  if (key.size() <= kMaxChunkBytes) return state.get(RowKey(rows_id, key));
  BAYPLAN_ASSIGN(const Place place, locate(state, rows_id, key));
  return place.row;
}

Result<std::optional<Entry>> find_inline(ReadState& state, const Extent& extent, std::string_view key) {
  if (key.empty()) return std::optional<Entry>{};
  InlineScan scan(*extent.inline_bytes);
  InlineEntry found;
  while (scan.next(found)) {
    if (found.key != key) continue;
    const std::string_view value = found.is_bucket ? std::string_view() : state.keep(found.value);
    return std::optional<Entry>(std::in_place,
                                Entry{state.keep(found.key), value, found.is_bucket, extent.revision});
  }
  if (scan.damaged()) return inline_damage();
  return std::optional<Entry>{};
}

// A bucket as its transaction names it. `rows_id` is 0 for an inline one, whose bytes are `inline_bytes`.
BucketHandle handle_of(ReadState& state, const BucketHandle& parent, std::string_view key,
                       std::uint64_t rows_id, std::string_view inline_bytes, std::uint64_t revision) {
  if (state.core) return {open_bucket(*state.core, parent.id, key, rows_id)};
  return rows_id != 0 ? BucketHandle{rows_id} : BucketHandle{0, inline_bytes, revision};
}

}  // namespace

Result<std::optional<Entry>> ReadTx::find(const BucketHandle& bucket, std::string_view key) const {
  BAYPLAN_ASSIGN(const Extent extent, read_->extent(bucket));
  if (extent.inline_bytes) return find_inline(*read_, extent, key);
  BAYPLAN_ASSIGN(const auto found, find_row(*read_, extent.rows_id, key));
  if (!found) return std::optional<Entry>{};
  const Row& row = found->row;
  const bool stored_whole = !read_->core && key.size() <= kMaxChunkBytes;
  Entry entry;
  entry.key = stored_whole ? found->key : read_->arena().keep(key);
  entry.is_bucket = is_bucket(row);
  entry.revision = row.revision;
  if (!entry.is_bucket) entry.value = read_->keep(row.payload);
  return std::optional<Entry>(entry);
}

Result<std::optional<BucketHandle>> ReadTx::find_bucket(const BucketHandle& bucket,
                                                        std::string_view key) const {
  BAYPLAN_ASSIGN(const Extent extent, read_->extent(bucket));
  if (key.empty()) return std::optional<BucketHandle>{};
  if (extent.inline_bytes) {
    BAYPLAN_ASSIGN(const auto found, inline_find(*extent.inline_bytes, key));
    if (!found || !found->is_bucket) return std::optional<BucketHandle>{};
    return std::optional(handle_of(*read_, bucket, key, 0, found->value, extent.revision));
  }
  BAYPLAN_ASSIGN(const auto found, find_row(*read_, extent.rows_id, key));
  if (!found || !is_bucket(found->row)) return std::optional<BucketHandle>{};
  const Row& row = found->row;
  const std::uint64_t rows_id = row.tag == Tag::bucket ? row.number() : 0;
  return std::optional(handle_of(*read_, bucket, key, rows_id, row.payload, row.revision));
}

Result<std::uint64_t> ReadTx::sequence(const BucketHandle& bucket) const {
  BAYPLAN_ASSIGN(const Extent extent, read_->extent(bucket));
  if (!extent.inline_bytes) {
    BAYPLAN_ASSIGN(const auto row, read_->get(RowKey(extent.rows_id, {})));
    return row ? row->row.number() : 0;
  }
  BAYPLAN_ASSIGN(const auto found, inline_find(*extent.inline_bytes, {}));
  return found ? Row{Tag::sequence, 0, found->value}.number() : 0;
}

Result<std::unique_ptr<BucketCursor>> ReadTx::open_cursor(const BucketHandle& bucket) const {
  BAYPLAN_ASSIGN(const Extent extent, read_->extent(bucket));
  if (extent.inline_bytes && !read_->core)
    return std::unique_ptr<BucketCursor>(std::make_unique<FixedInlineCursor>(*read_, lifeline(), bucket));
  if (extent.inline_bytes)
    return std::unique_ptr<BucketCursor>(std::make_unique<InlineCursor>(*read_, lifeline(), bucket));
  return std::unique_ptr<BucketCursor>(
      std::make_unique<TreeCursor>(*read_, lifeline(), bucket, extent.rows_id));
}

}  // namespace bayplan::metadata
