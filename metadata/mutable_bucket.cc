#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "place.h"
#include "subtree.h"
#include "tx_state.h"

namespace bayplan::metadata {
namespace {

Error is_a_bucket(std::string_view key) { return {Errc::failed_precondition, "key", key, "holds a bucket"}; }
Error is_a_value(std::string_view key) { return {Errc::failed_precondition, "key", key, "holds a value"}; }

Result<void> validate_key(std::string_view key) {
  if (key.empty()) return Error(Errc::invalid_argument, "key", key, "a key has at least one byte");
  if (key.size() <= kMaxKeyBytes) return {};
  return Error(Errc::too_large, "key", key, "longer than " + std::to_string(kMaxKeyBytes) + " bytes");
}

bool holds_bucket(const Place& place) { return place.row && place.row->row.tag == Tag::bucket; }
bool holds_value(const Place& place) { return place.row && place.row->row.tag != Tag::bucket; }

// The place of a bucket that has to be there. Errors: not_found, failed_precondition.
Result<Place> locate_bucket(ReadState& state, std::uint64_t id, std::string_view key) {
  BAYPLAN_ASSIGN(Place place, locate(state, id, key));
  if (!place.row) return Error(Errc::not_found, "bucket", key);
  if (!holds_bucket(place)) return is_a_value(key);
  return place;
}

}  // namespace

MutableBucket::MutableBucket(WriteTx& tx, BucketHandle handle) : Bucket(tx, handle), tx_(&tx) {}

Result<void> MutableBucket::put(std::string_view key, std::string_view value) {
  ReadState& state = *tx_->read_;
  BAYPLAN_TRY(state.usable(handle()));
  BAYPLAN_TRY(validate_key(key));
  if (handle().id == kRootBucketId) {
    return Error(Errc::failed_precondition, "key", key, "the root holds buckets only");
  }
  if (value.size() > kMaxValueBytes) {
    return Error(Errc::too_large, "value of key", key,
                 "longer than " + std::to_string(kMaxValueBytes) + " bytes");
  }
  BAYPLAN_ASSIGN(const Place place, locate(state, handle().id, key));
  if (holds_bucket(place)) return is_a_bucket(key);
  return insert(*state.core, place, Tag::value, value);
}

Result<void> MutableBucket::erase(std::string_view key) {
  ReadState& state = *tx_->read_;
  BAYPLAN_TRY(state.usable(handle()));
  BAYPLAN_ASSIGN(Place place, locate(state, handle().id, key));
  if (!place.row) return {};
  if (holds_bucket(place)) return is_a_bucket(key);
  return remove(state, std::move(place));
}

Result<MutableBucket> MutableBucket::create_bucket(std::string_view key) {
  ReadState& state = *tx_->read_;
  BAYPLAN_TRY(state.usable(handle()));
  BAYPLAN_TRY(validate_key(key));
  BAYPLAN_ASSIGN(const Place place, locate(state, handle().id, key));
  if (holds_bucket(place)) return Error(Errc::already_exists, "bucket", key);
  if (holds_value(place)) return is_a_value(key);
  const std::uint64_t id = state.core->allocate_id();
  BAYPLAN_TRY(insert(*state.core, place, Tag::bucket, encode_number(id)));
  return MutableBucket(*tx_, {id});
}

Result<MutableBucket> MutableBucket::create_bucket_if_not_exists(std::string_view key) {
  BAYPLAN_ASSIGN(const auto existing, bucket(key));
  if (existing) return *existing;
  return create_bucket(key);
}

Result<std::optional<MutableBucket>> MutableBucket::bucket(std::string_view key) {
  BAYPLAN_ASSIGN(const auto found, tx_->find_bucket(handle(), key));
  if (!found) return std::optional<MutableBucket>{};
  return std::optional<MutableBucket>(MutableBucket(*tx_, *found));
}

Result<void> MutableBucket::delete_bucket(std::string_view key) {
  ReadState& state = *tx_->read_;
  BAYPLAN_TRY(state.usable(handle()));
  BAYPLAN_ASSIGN(Place place, locate_bucket(state, handle().id, key));
  // All of it is read, and found sound, before the first row goes.
  BAYPLAN_ASSIGN(const auto ids, subtree_ids(state, place.row->row.number()));
  for (const std::uint64_t id : ids) {
    BAYPLAN_TRY(state.core->erase_rows(id));
    state.core->mark_deleted(id);
  }
  return remove(state, std::move(place));
}

Result<void> MutableBucket::move_bucket(std::string_view key, MutableBucket& target,
                                        std::string_view new_key) {
  ReadState& state = *tx_->read_;
  BAYPLAN_TRY(state.usable(handle()));
  if (target.tx_ != tx_)
    return Error(Errc::invalid_argument, "bucket", key, "the target is of another transaction");
  BAYPLAN_TRY(state.usable(target.handle()));
  BAYPLAN_TRY(validate_key(new_key));
  BAYPLAN_ASSIGN(Place from, locate_bucket(state, handle().id, key));
  BAYPLAN_ASSIGN(const Place taken, locate(state, target.handle().id, new_key));
  if (holds_bucket(taken)) return Error(Errc::already_exists, "bucket", new_key);
  if (holds_value(taken)) return is_a_value(new_key);
  const std::uint64_t moved = from.row->row.number();
  BAYPLAN_ASSIGN(const auto inside, subtree_ids(state, moved));
  if (std::find(inside.begin(), inside.end(), target.handle().id) != inside.end()) {
    return Error(Errc::invalid_argument, "bucket", key, "cannot be moved into itself or below");
  }
  BAYPLAN_TRY(remove(state, std::move(from)));
  // Looked up again: the removal may have taken chain rows away that both keys shared.
  BAYPLAN_ASSIGN(const Place to, locate(state, target.handle().id, new_key));
  return insert(*state.core, to, Tag::bucket, encode_number(moved));
}

Result<std::uint64_t> MutableBucket::next_sequence() {
  BAYPLAN_ASSIGN(const std::uint64_t current, sequence());
  if (current == std::numeric_limits<std::uint64_t>::max()) {
    return Error(Errc::too_large, "sequence", {}, "the counter is at its end");
  }
  BAYPLAN_TRY(set_sequence(current + 1));
  return current + 1;
}

Result<void> MutableBucket::set_sequence(std::uint64_t value) {
  ReadState& state = *tx_->read_;
  BAYPLAN_TRY(state.usable(handle()));
  return state.core->put_row(RowKey(handle().id, {}), Tag::sequence, encode_number(value));
}

}  // namespace bayplan::metadata
