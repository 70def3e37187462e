#include "cursor.h"
#include "place.h"
#include "tx_state.h"

namespace bayplan::metadata {

ReadTx::ReadTx() = default;
ReadTx::~ReadTx() = default;

ReadState& state_of(const ReadTx& tx) { return *tx.read_; }

std::uint64_t ReadTx::revision() const noexcept { return read_->revision(); }

BucketHandle ReadTx::root_handle() const { return {kRootBucketId}; }

Result<std::optional<Entry>> ReadTx::find(const BucketHandle& bucket, std::string_view key) const {
  BAYPLAN_TRY(read_->usable(bucket));
  BAYPLAN_ASSIGN(const Place place, locate(*read_, bucket.id, key));
  if (!place.row) return std::optional<Entry>{};
  const Row& row = place.row->row;
  const bool stored_whole = !read_->core && place.chain_rows.empty();
  Entry entry;
  entry.key = stored_whole ? place.row->key : read_->arena().keep(key);
  entry.is_bucket = row.tag == Tag::bucket;
  entry.revision = row.revision;
  if (!entry.is_bucket) entry.value = read_->keep(row.payload);
  return std::optional<Entry>(entry);
}

Result<std::optional<BucketHandle>> ReadTx::find_bucket(const BucketHandle& bucket,
                                                        std::string_view key) const {
  BAYPLAN_TRY(read_->usable(bucket));
  BAYPLAN_ASSIGN(const Place place, locate(*read_, bucket.id, key));
  if (!place.row || place.row->row.tag != Tag::bucket) return std::optional<BucketHandle>{};
  return std::optional<BucketHandle>(BucketHandle{place.row->row.number()});
}

Result<std::uint64_t> ReadTx::sequence(const BucketHandle& bucket) const {
  BAYPLAN_TRY(read_->usable(bucket));
  BAYPLAN_ASSIGN(const auto row, read_->get(RowKey(bucket.id, {})));
  return row ? row->row.number() : 0;
}

Result<std::unique_ptr<BucketCursor>> ReadTx::open_cursor(const BucketHandle& bucket) const {
  BAYPLAN_TRY(read_->usable(bucket));
  return std::unique_ptr<BucketCursor>(std::make_unique<TreeCursor>(*read_, bucket));
}

}  // namespace bayplan::metadata
