#include "inline_host.h"

#include <algorithm>
#include <string>

#include "bucket_path.h"
#include "place.h"

namespace bayplan::metadata {
namespace {

Result<WriteCore::Pending*> edit_host(ReadState& state, const Location& location) {
  WriteCore& core = *state.core;
  if (WriteCore::Pending* const pending = core.pending(location.host)) return pending;
  BAYPLAN_ASSIGN(const HostRow row, read_host(state, location));
  return &core.begin_pending(location.host, RowKey(location.rows_id, location.host_key), row.bytes,
                             row.revision);
}

}  // namespace

OpenBucketId open_bucket(WriteCore& core, OpenBucketId parent, std::string_view key, std::uint64_t rows_id) {
  const OpenBucketId known = core.buckets().find(parent, key);
  return known != 0 ? known : open_new_bucket(core, parent, key, rows_id);
}

OpenBucketId open_new_bucket(WriteCore& core, OpenBucketId parent, std::string_view key,
                             std::uint64_t rows_id) {
  return core.buckets().add(parent, core.arena().keep(key), rows_id);
}

Result<void> locate_bucket(const OpenBuckets& buckets, OpenBucketId id, Location& location) {
  location.host = 0;
  location.depth = 0;
  const OpenBucket* bucket = &buckets.at(id);
  for (; bucket->rows_id == 0; bucket = &buckets.at(id)) {
    if (location.depth == kMaxInlineDepth)
      return Error(Errc::corrupt, "bucket", bucket->key, "inline buckets lie too deep");
    location.host = id;
    location.steps[location.depth++] = bucket->key;
    id = bucket->parent;
  }
  location.rows_id = bucket->rows_id;
  if (location.depth == 0) return {};
  location.host_key = location.steps[--location.depth];
  std::reverse(location.steps.begin(), location.steps.begin() + static_cast<std::ptrdiff_t>(location.depth));
  return {};
}

Result<HostRow> read_host(ReadState& state, const Location& location) {
  if (const WriteCore::Pending* const pending = state.core->pending(location.host))
    return HostRow{pending->buffer.bytes(), pending->changed ? state.core->revision() : pending->revision};
  const RowKey key(location.rows_id, location.host_key);
  KeyedRow row;
  BAYPLAN_ASSIGN(const bool found, state.get(key, row));
  if (!found || row.row.tag != Tag::inline_bucket)
    return in_bucket(state, corrupt_row(key.bytes(), "the row of an inline bucket has vanished"),
                     key.bytes());
  return HostRow{row.row.payload, row.row.revision};
}

Result<InlinePut> put_inline(ReadState& state, const Location& location, const InlineEntry& entry) {
  BAYPLAN_ASSIGN(WriteCore::Pending* const pending, edit_host(state, location));
  BAYPLAN_ASSIGN(const InlinePut done, pending->buffer.put(location.path(), entry));
  pending->changed |= done == InlinePut::stored;
  return done;
}

Result<void> erase_inline(ReadState& state, const Location& location, std::string_view key) {
  BAYPLAN_ASSIGN(WriteCore::Pending* const pending, edit_host(state, location));
  BAYPLAN_TRY(pending->buffer.erase(location.path(), key));
  pending->changed = true;
  return {};
}

Result<void> put_rows(WriteCore& core, std::uint64_t id, std::string_view inline_bytes) {
  InlineScan scan(inline_bytes);
  InlineEntry entry;
  while (scan.next(entry)) {
    const Tag tag = entry.is_bucket ? Tag::inline_bucket : entry.key.empty() ? Tag::sequence : Tag::value;
    BAYPLAN_TRY(core.put_row(RowKey(id, entry.key), tag, entry.value));
  }
  return {};
}

Result<void> spill(ReadState& state, const Location& location) {
  WriteCore& core = *state.core;
  BAYPLAN_ASSIGN(const HostRow row, read_host(state, location));
  const std::string bytes(row.bytes);
  BAYPLAN_TRY(inline_depth(bytes));  // sound, before the first row is written
  core.drop_pending();
  const std::uint64_t id = core.allocate_id();
  BAYPLAN_TRY(core.put_row(RowKey(location.rows_id, location.host_key), Tag::bucket, encode_number(id)));
  BAYPLAN_TRY(put_rows(core, id, bytes));
  core.buckets().spill(location.host, id);
  return {};
}

}  // namespace bayplan::metadata
