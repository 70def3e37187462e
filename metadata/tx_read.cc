#include "cursor.h"
#include "inline_cursor.h"
#include "inline_host.h"
#include "place.h"

namespace bayplan::metadata {

ReadTx::ReadTx() = default;
ReadTx::~ReadTx() = default;

ReadState& state_of(const ReadTx& tx) { return *tx.read_; }

std::uint64_t ReadTx::revision() const noexcept { return read_->revision(); }

Result<void> ReadTx::usable() const { return read_->usable(); }

BucketHandle ReadTx::root_handle() const { return {kRootBucketId}; }

namespace {

bool is_bucket(const Row& row) { return row.tag == Tag::bucket || row.tag == Tag::inline_bucket; }

// Of a bucket: 0 for an inline one.
std::uint64_t rows_of(const Row& row) { return row.tag == Tag::bucket ? row.number() : 0; }

// Its key is a view of nothing in a write transaction, and of the key's end where that is in a chain.
Result<bool> find_row(ReadState& state, std::uint64_t rows_id, std::string_view key, KeyedRow& row) {
  if (key.empty()) return false;
  if (key.size() <= kMaxChunkBytes) return state.get(RowKey(rows_id, key), row);
  BAYPLAN_ASSIGN(const Place place, locate(state, rows_id, key));
  if (place.row) row = *place.row;
  return place.row.has_value();
}

Result<std::optional<Entry>> find_inline(ReadState& state, const Extent& extent, std::string_view key) {
  if (key.empty()) return std::optional<Entry>{};
  Result<std::optional<Entry>> answer{std::optional<Entry>()};
  InlineScan scan(*extent.inline_bytes);
  InlineEntry found;
  while (scan.next(found)) {
    if (found.key != key) continue;
    Entry& entry = answer->emplace();
    entry.key = state.keep(found.key);
    entry.is_bucket = found.is_bucket;
    entry.revision = extent.revision;
    if (!found.is_bucket) {
      entry.value = state.keep(found.value);
    } else if (!state.core) {
      entry.bucket = BucketHandle{0, found.value, extent.revision};
    }
    return answer;
  }
  if (scan.damaged()) return inline_damage();
  return answer;
}

// A bucket as its transaction names it. `rows_id` is 0 for an inline one, whose bytes are `inline_bytes`.
BucketHandle handle_of(ReadState& state, const BucketHandle& parent, std::string_view key,
                       std::uint64_t rows_id, std::string_view inline_bytes, std::uint64_t revision) {
  if (state.core) return {open_bucket(*state.core, parent.id, key, rows_id)};
  return rows_id != 0 ? BucketHandle{rows_id} : BucketHandle{0, inline_bytes, revision};
}

}  // namespace

Result<std::optional<Entry>> ReadTx::find(const BucketHandle& bucket, std::string_view key) const {
  Extent extent;
  BAYPLAN_TRY(read_->extent(bucket, extent));
  if (extent.inline_bytes) return find_inline(*read_, extent, key);
  KeyedRow keyed;
  BAYPLAN_ASSIGN(const bool found, find_row(*read_, extent.rows_id, key, keyed));
  Result<std::optional<Entry>> answer{std::optional<Entry>()};
  if (!found) return answer;
  const bool stored_whole = !read_->core && key.size() <= kMaxChunkBytes;
  Entry& entry = answer->emplace();
  entry.key = stored_whole ? keyed.key : read_->arena().keep(key);
  entry.is_bucket = is_bucket(keyed.row);
  entry.revision = keyed.row.revision;
  if (!entry.is_bucket) {
    entry.value = read_->keep(keyed.row.payload);
  } else if (!read_->core) {
    entry.bucket = handle_of(*read_, bucket, key, rows_of(keyed.row), keyed.row.payload, entry.revision);
  }
  return answer;
}

Result<std::optional<BucketHandle>> ReadTx::find_bucket(const BucketHandle& bucket,
                                                        std::string_view key) const {
  Extent extent;
  BAYPLAN_TRY(read_->extent(bucket, extent));
  if (key.empty()) return std::optional<BucketHandle>{};
  if (extent.inline_bytes) {
    BAYPLAN_ASSIGN(const auto found, inline_find(*extent.inline_bytes, key));
    if (!found || !found->is_bucket) return std::optional<BucketHandle>{};
    return handle_of(*read_, bucket, key, 0, found->value, extent.revision);
  }
  Reader* const reader = read_->reader;
  if (reader != nullptr) {
    if (const std::uint64_t known = reader->buckets.find(extent.rows_id, key)) return BucketHandle{known};
  }
  KeyedRow keyed;
  BAYPLAN_ASSIGN(const bool found, find_row(*read_, extent.rows_id, key, keyed));
  const Row& row = keyed.row;
  if (!found || !is_bucket(row)) return std::optional<BucketHandle>{};
  const std::uint64_t rows_id = rows_of(row);
  if (reader != nullptr && rows_id != 0) reader->buckets.add(extent.rows_id, key, rows_id);
  return handle_of(*read_, bucket, key, rows_id, row.payload, row.revision);
}

Result<std::uint64_t> ReadTx::sequence(const BucketHandle& bucket) const {
  Extent extent;
  BAYPLAN_TRY(read_->extent(bucket, extent));
  if (!extent.inline_bytes) {
    KeyedRow keyed;
    BAYPLAN_ASSIGN(const bool found, read_->get(RowKey(extent.rows_id, {}), keyed));
    return found ? keyed.row.number() : 0;
  }
  BAYPLAN_ASSIGN(const auto found, inline_find(*extent.inline_bytes, {}));
  return found ? Row{Tag::sequence, 0, found->value}.number() : 0;
}

Result<std::unique_ptr<BucketCursor>> ReadTx::open_cursor(const BucketHandle& bucket) const {
  Extent extent;
  BAYPLAN_TRY(read_->extent(bucket, extent));
  if (extent.inline_bytes && !read_->core)
    return std::unique_ptr<BucketCursor>(std::make_unique<FixedInlineCursor>(*read_, lifeline(), bucket));
  if (extent.inline_bytes)
    return std::unique_ptr<BucketCursor>(std::make_unique<InlineCursor>(*read_, lifeline(), bucket));
  return std::unique_ptr<BucketCursor>(
      std::make_unique<TreeCursor>(*read_, lifeline(), bucket, extent.rows_id));
}

// The same few labels and fields of record after record: the bytes stay where they are, so that no cursor is
// needed.
Result<void> ReadTx::for_each(const BucketHandle& bucket,
                              const std::function<Result<void>(const Entry&)>& visit) const {
  if (read_->core || !bucket.inline_bytes) return BucketSource::for_each(bucket, visit);
  const Lifeline alive = lifeline();
  const std::uint64_t revision = bucket.revision;
  InlineScan scan(*bucket.inline_bytes);
  InlineEntry found;
  BAYPLAN_TRY(read_->usable());
  while (scan.next(found)) {
    if (found.key.empty()) continue;
    BAYPLAN_TRY(visit(inline_entry(found, revision)));
    BAYPLAN_TRY(alive.check());
    BAYPLAN_TRY(read_->usable());
  }
  return scan.damaged() ? inline_damage() : Result<void>{};
}

}  // namespace bayplan::metadata
