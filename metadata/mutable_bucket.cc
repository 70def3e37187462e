#include <limits>
#include <string>
#include <utility>

#include "bayplan/base/fault.h"
#include "inline_host.h"
#include "place.h"
#include "subtree.h"

namespace bayplan::metadata {
namespace {

Error is_a_bucket(std::string_view key) {
  return Error(Errc::failed_precondition, "key", key, "holds a bucket")
      .with_advice("use bucket() or delete_bucket()");
}
Error is_a_value(std::string_view key) {
  return Error(Errc::failed_precondition, "key", key, "holds a value").with_advice("use get() or erase()");
}
Error too_long(std::string_view kind, std::string_view key, std::size_t size, std::size_t most) {
  return {Errc::too_large, kind, key, std::to_string(size) + " bytes, at most " + std::to_string(most)};
}
std::string revision_words(std::uint64_t revision) {
  return revision == 0 ? "absent" : "of revision " + std::to_string(revision);
}

Result<void> validate_key(std::string_view key) {
  if (key.empty()) return Error(Errc::invalid_argument, "key", key, "a key has at least one byte");
  if (key.size() <= kMaxKeyBytes) return {};
  return too_long("key", key, key.size(), kMaxKeyBytes);
}

Error already_there(std::string_view key) { return {Errc::already_exists, "bucket", key}; }

/// What a key of a bucket holds, and where that bucket lies.
struct Target {
  Location location{};
  Place place{};  // of the key, if the bucket has rows of its own
  bool is_bucket = false;
  bool is_value = false;
  std::uint64_t rows_id = 0;        // of the bucket at the key, if that has rows
  std::string_view inline_bytes{};  // otherwise; valid until the next write
};

void classify(Target& target) {
  if (!target.place.row) return;
  const Row& row = target.place.row->row;
  target.is_value = row.tag == Tag::value;
  target.is_bucket = !target.is_value;
  if (row.tag == Tag::bucket) target.rows_id = row.number();
  if (row.tag == Tag::inline_bucket) target.inline_bytes = row.payload;
}

Result<Target> look_up(ReadState& state, OpenBucketId bucket, std::string_view key) {
  Target target;
  const Location& location = target.location;
  BAYPLAN_TRY(locate_bucket(state.core->buckets(), bucket, target.location));
  if (location.host == 0) {
    BAYPLAN_ASSIGN(target.place, locate(state, location.rows_id, key));
    classify(target);
    return target;
  }
  BAYPLAN_ASSIGN(const HostRow row, read_host(state, location));
  BAYPLAN_ASSIGN(const std::string_view bytes, inline_descend(row.bytes, location.path()));
  BAYPLAN_ASSIGN(const auto entry, inline_find(bytes, key));
  if (!entry || key.empty()) return target;
  target.is_bucket = entry->is_bucket;
  target.is_value = !entry->is_bucket;
  target.inline_bytes = entry->value;
  return target;
}

// The bucket at `key`, which has to be there. Errors: not_found, failed_precondition.
Result<Target> look_up_bucket(ReadState& state, OpenBucketId bucket, std::string_view key) {
  BAYPLAN_ASSIGN(Target target, look_up(state, bucket, key));
  if (target.is_bucket) return target;
  if (target.is_value) return is_a_value(key);
  return Error(Errc::not_found, "bucket", key);
}

// What became of `entry`; when the bucket has rows, or got them because it was full, only where those lie.
struct Stored {
  InlinePut done = InlinePut::full;
  std::uint64_t rows_id = 0;
};

Result<Stored> put_or_spill(ReadState& state, OpenBucketId bucket, const InlineEntry& entry) {
  Location location;
  while (true) {
    BAYPLAN_TRY(locate_bucket(state.core->buckets(), bucket, location));
    if (location.host == 0) return Stored{InlinePut::full, location.rows_id};
    BAYPLAN_ASSIGN(const InlinePut done, put_inline(state, location, entry));
    if (done != InlinePut::full) return Stored{done};
    BAYPLAN_TRY(spill(state, location));
  }
}

// Its rows, which it gets if it has none.
Result<Location> with_rows(ReadState& state, OpenBucketId bucket) {
  Location location;
  while (true) {
    BAYPLAN_TRY(locate_bucket(state.core->buckets(), bucket, location));
    if (location.host == 0) return location;
    BAYPLAN_TRY(spill(state, location));
  }
}

Result<void> put_new_row(ReadState& state, std::uint64_t rows_id, std::string_view key, Tag tag,
                         std::string_view payload) {
  BAYPLAN_ASSIGN(const Place place, locate(state, rows_id, key));
  return insert(*state.core, place, tag, payload);
}

// A bucket of these bytes at `key`, where nothing is, of a bucket that has rows. Answers the new one's rows,
// 0 when it is inline.
Result<std::uint64_t> put_inline_row(ReadState& state, std::uint64_t rows_id, std::string_view key,
                                     std::string_view inline_bytes) {
  // The row of an inline bucket is written again and again: its key is one row's.
  if (key.size() <= kMaxChunkBytes) {
    BAYPLAN_TRY(put_new_row(state, rows_id, key, Tag::inline_bucket, inline_bytes));
    return std::uint64_t{0};
  }
  const std::uint64_t id = state.core->allocate_id();
  BAYPLAN_TRY(put_new_row(state, rows_id, key, Tag::bucket, encode_number(id)));
  BAYPLAN_TRY(put_rows(*state.core, id, inline_bytes));
  return id;
}

// An empty bucket at `key`, where nothing is, of a bucket that has rows. Its row is written with what
// follows.
Result<OpenBucketId> create_in_rows(ReadState& state, OpenBucketId parent, std::string_view key,
                                    const Place& place) {
  WriteCore& core = *state.core;
  if (key.size() <= kMaxChunkBytes) {
    const OpenBucketId created = open_new_bucket(core, parent, key, 0);
    core.begin_pending(created, RowKey(place.id, key), {}, 0).changed = true;
    return created;
  }
  const std::uint64_t id = core.allocate_id();
  BAYPLAN_TRY(insert(core, place, Tag::bucket, encode_number(id)));
  return open_new_bucket(core, parent, key, id);
}

// Puts a bucket that was detached at `key` of `parent`, where nothing is; `rows_id` is 0 if it is inline.
// Answers the id of its rows now.
Result<std::uint64_t> attach(ReadState& state, OpenBucketId parent, std::string_view key,
                             std::uint64_t rows_id, std::string_view inline_bytes) {
  if (rows_id != 0) {
    BAYPLAN_ASSIGN(const Location location, with_rows(state, parent));
    BAYPLAN_TRY(put_new_row(state, location.rows_id, key, Tag::bucket, encode_number(rows_id)));
    return rows_id;
  }
  BAYPLAN_ASSIGN(const Stored stored, put_or_spill(state, parent, {key, inline_bytes, true}));
  if (stored.rows_id == 0) return std::uint64_t{0};
  return put_inline_row(state, stored.rows_id, key, inline_bytes);
}

// Takes the entry of a bucket away; the bucket's own rows stay.
Result<void> detach(ReadState& state, Target& target, std::string_view key) {
  if (target.location.host != 0) return erase_inline(state, target.location, key);
  return remove(state, std::move(target.place));
}

}  // namespace

MutableBucket::MutableBucket(WriteTx& tx, BucketHandle handle) : Bucket(tx, handle), tx_(&tx) {}

Result<void> MutableBucket::writable() const {
  BAYPLAN_TRY(usable());
  BAYPLAN_TRY(tx_->read_->usable(handle()));
  return fault::at(fault::Point::key_write);
}

Result<void> MutableBucket::put(std::string_view key, std::string_view value) {
  BAYPLAN_TRY(writable());
  ReadState& state = *tx_->read_;
  BAYPLAN_TRY(validate_key(key));
  if (handle().id == kRootBucketId) {
    return Error(Errc::failed_precondition, "key", key, "the root holds buckets only");
  }
  if (value.size() > kMaxValueBytes) return too_long("value of key", key, value.size(), kMaxValueBytes);
  BAYPLAN_ASSIGN(const Stored stored, put_or_spill(state, handle().id, {key, value}));
  if (stored.done == InlinePut::stored) return {};
  if (stored.done == InlinePut::holds_bucket) return is_a_bucket(key);
  BAYPLAN_ASSIGN(const Place place, locate(state, stored.rows_id, key));
  if (place.row && place.row->row.tag != Tag::value) return is_a_bucket(key);
  return insert(*state.core, place, Tag::value, value);
}

Result<void> MutableBucket::put_if(std::string_view key, std::string_view value, std::uint64_t revision) {
  BAYPLAN_ASSIGN(const auto there, entry(key));
  if (there && there->is_bucket) return is_a_bucket(key);
  const std::uint64_t current = there ? there->revision : 0;
  if (current == revision) return put(key, value);
  return Error(Errc::conflict, "key", key,
               "is " + revision_words(current) + ", expected was " + revision_words(revision))
      .with_advice("read it again");
}

Result<void> MutableBucket::erase(std::string_view key) {
  BAYPLAN_TRY(writable());
  ReadState& state = *tx_->read_;
  BAYPLAN_ASSIGN(Target target, look_up(state, handle().id, key));
  if (target.is_bucket) return is_a_bucket(key);
  return target.is_value ? detach(state, target, key) : Result<void>{};
}

Result<MutableBucket> MutableBucket::create_bucket(std::string_view key) {
  BAYPLAN_TRY(writable());
  ReadState& state = *tx_->read_;
  BAYPLAN_TRY(validate_key(key));
  BAYPLAN_ASSIGN(const Stored stored, put_or_spill(state, handle().id, {key, {}, true}));
  if (stored.done == InlinePut::holds_bucket) return already_there(key);
  if (stored.done == InlinePut::holds_value) return is_a_value(key);
  if (stored.done == InlinePut::stored)
    return MutableBucket(*tx_, {open_new_bucket(*state.core, handle().id, key, 0)});
  BAYPLAN_ASSIGN(const Place place, locate(state, stored.rows_id, key));
  if (place.row) return place.row->row.tag == Tag::value ? is_a_value(key) : already_there(key);
  BAYPLAN_ASSIGN(const OpenBucketId created, create_in_rows(state, handle().id, key, place));
  return MutableBucket(*tx_, {created});
}

Result<MutableBucket> MutableBucket::create_bucket_if_not_exists(std::string_view key) {
  BAYPLAN_ASSIGN(const auto existing, bucket(key));
  if (existing) return *existing;
  return create_bucket(key);
}

Result<std::optional<MutableBucket>> MutableBucket::bucket(std::string_view key) {
  BAYPLAN_TRY(usable());
  BAYPLAN_ASSIGN(const auto found, tx_->find_bucket(handle(), key));
  if (!found) return std::optional<MutableBucket>{};
  return MutableBucket(*tx_, *found);
}

Result<std::optional<MutableBucket>> MutableBucket::descend(std::initializer_list<std::string_view> path) {
  std::optional<MutableBucket> at = *this;
  for (const std::string_view step : path) {
    BAYPLAN_ASSIGN(at, at->bucket(step));
    if (!at) break;
  }
  return at;
}

Result<MutableBucket> MutableBucket::create_path(std::initializer_list<std::string_view> path) {
  MutableBucket at = *this;
  for (const std::string_view step : path) {
    BAYPLAN_ASSIGN(at, at.create_bucket_if_not_exists(step));
  }
  return at;
}

Result<void> MutableBucket::delete_bucket(std::string_view key) {
  BAYPLAN_TRY(writable());
  ReadState& state = *tx_->read_;
  BAYPLAN_ASSIGN(Target target, look_up_bucket(state, handle().id, key));
  if (target.rows_id != 0) {
    // All of it is read, and found sound, before the first row goes.
    BAYPLAN_ASSIGN(const auto ids, subtree_ids(state, target.rows_id));
    for (const std::uint64_t id : ids) BAYPLAN_TRY(state.core->erase_rows(id));
  }
  BAYPLAN_TRY(detach(state, target, key));
  OpenBuckets& buckets = state.core->buckets();
  if (const OpenBucketId open = buckets.find(handle().id, key); open != 0) buckets.erase(open);
  return {};
}

Result<void> MutableBucket::move_bucket(std::string_view key, const MutableBucket& target,
                                        std::string_view new_key) {
  BAYPLAN_TRY(writable());
  ReadState& state = *tx_->read_;
  BAYPLAN_TRY(target.usable());
  if (target.tx_ != tx_)
    return Error(Errc::invalid_argument, "bucket", key, "the target is of another transaction");
  BAYPLAN_TRY(target.writable());
  BAYPLAN_TRY(validate_key(new_key));
  BAYPLAN_ASSIGN(const Target taken, look_up(state, target.handle().id, new_key));
  BAYPLAN_ASSIGN(Target from, look_up_bucket(state, handle().id, key));
  if (taken.is_bucket) return already_there(new_key);
  if (taken.is_value) return is_a_value(new_key);
  OpenBuckets& buckets = state.core->buckets();
  const OpenBucketId open = buckets.find(handle().id, key);
  // The target was reached through all that is around it: unless the moved bucket is open, it is not there.
  if (open != 0 && buckets.is_inside(target.handle().id, open)) {
    return Error(Errc::invalid_argument, "bucket", key, "cannot be moved into itself or below");
  }
  const std::string bytes(from.inline_bytes);
  BAYPLAN_TRY(inline_depth(bytes));  // sound, before it is taken from where it is
  const std::uint64_t rows_id = from.rows_id;
  BAYPLAN_TRY(detach(state, from, key));
  BAYPLAN_ASSIGN(const std::uint64_t moved_rows, attach(state, target.handle().id, new_key, rows_id, bytes));
  if (open == 0) return {};
  if (moved_rows != rows_id) buckets.spill(open, moved_rows);
  buckets.move(open, target.handle().id, state.core->arena().keep(new_key));
  return {};
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
  BAYPLAN_TRY(writable());
  ReadState& state = *tx_->read_;
  const std::string number = encode_number(value);
  BAYPLAN_ASSIGN(const Stored stored, put_or_spill(state, handle().id, {{}, number}));
  if (stored.rows_id == 0) return {};
  return state.core->put_row(RowKey(stored.rows_id, {}), Tag::sequence, number);
}

}  // namespace bayplan::metadata
