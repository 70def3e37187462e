#include "place.h"

#include "bucket_path.h"
#include "byte_order.h"
#include "row_cursor.h"

namespace bayplan::metadata {
namespace {

Result<bool> is_empty(ReadState& state, std::uint64_t id) {
  RowCursor cursor(state);
  BAYPLAN_ASSIGN(const auto row, cursor.first(id));
  return !row.has_value();
}

}  // namespace

Result<Place> locate(ReadState& state, std::uint64_t bucket_id, std::string_view key) {
  Place place{bucket_id, key};
  if (key.empty()) return place;
  while (place.rest.size() > kMaxChunkBytes) {
    const RowKey chain = RowKey::chain(place.id, place.rest.substr(0, kMaxChunkBytes));
    KeyedRow row;
    BAYPLAN_ASSIGN(const bool found, state.get(chain, row));
    if (!found) return place;
    if (place.chain_rows.size() >= kMaxChainDepth) {
      return in_bucket(state, corrupt_row(chain.bytes(), "the chain of a long key does not end"),
                       chain.bytes());
    }
    place.chain_rows.push_back(chain);
    place.id = row.row.number();
    place.rest.remove_prefix(kMaxChunkBytes);
  }
  KeyedRow row;
  BAYPLAN_ASSIGN(const bool found, state.get(RowKey(place.id, place.rest), row));
  if (found) place.row = row;
  return place;
}

std::string encode_number(std::uint64_t number) {
  std::string payload;
  append_le(payload, number);
  return payload;
}

Result<void> insert(WriteCore& core, const Place& place, Tag tag, std::string_view payload) {
  std::uint64_t id = place.id;
  std::string_view rest = place.rest;
  for (; rest.size() > kMaxChunkBytes; rest.remove_prefix(kMaxChunkBytes)) {
    const std::uint64_t continuation = core.allocate_id();
    const RowKey chain = RowKey::chain(id, rest.substr(0, kMaxChunkBytes));
    BAYPLAN_TRY(core.put_row(chain, Tag::chain, encode_number(continuation)));
    id = continuation;
  }
  return core.put_row(RowKey(id, rest), tag, payload);
}

Result<void> remove(ReadState& state, Place place) {
  BAYPLAN_TRY(state.core->erase_row(RowKey(place.id, place.rest)));
  std::uint64_t id = place.id;
  for (; !place.chain_rows.empty(); place.chain_rows.pop_back()) {
    BAYPLAN_ASSIGN(const bool empty, is_empty(state, id));
    if (!empty) return {};
    const RowKey& chain = place.chain_rows.back();
    BAYPLAN_TRY(state.core->erase_row(chain));
    id = load_be<std::uint64_t>(chain.bytes().data());
  }
  return {};
}

}  // namespace bayplan::metadata
