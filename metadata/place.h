// Keys of any length over rows: where one lives, how it is written and removed, chains included (row.h).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tx_state.h"

namespace bayplan::metadata {

/// Where a user key lives: the deepest existing bucket or continuation on its way, and what is left of the
/// key.
struct Place {
  std::uint64_t id = 0;
  std::string_view rest;
  std::optional<KeyedRow> row{};     ///< of the whole key, if it is there; its key is what `rest` says
  std::vector<RowKey> chain_rows{};  ///< passed on the way
};

/// Follows chains. Errors: corrupt, version_mismatch, io.
Result<Place> locate(ReadState& state, std::uint64_t bucket_id, std::string_view key);

/// Writes the row of the key at `place`, and the chain rows that it still lacks. Precondition: the key is not
/// empty.
Result<void> insert(WriteCore& core, const Place& place, Tag tag, std::string_view payload);

/// Removes the row of the key at `place`, which is there, and the continuations that this leaves empty.
Result<void> remove(ReadState& state, Place place);

/// The payload of a row that holds a number.
std::string encode_number(std::uint64_t number);

}  // namespace bayplan::metadata
