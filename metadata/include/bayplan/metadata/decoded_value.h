// Stored values as the schema reads them (schema.h), of records that nobody vouches for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "bayplan/base/time.h"
#include "bayplan/metadata/any.h"

namespace bayplan::metadata {

struct DecodedValue {
  /// A string is text, or, where `bytes` says so, bytes that are none.
  std::variant<std::string, std::int64_t, Time, Any> value;
  bool bytes = false;
  std::string problem{};  ///< the schema expects something else at this key; `value` are the stored bytes
};

/// The value at `key` of the bucket called `parent`, which decides what it is; keys that the schema does not
/// know are text, or bytes. Of a snapshot's kind the word: "view", "active", "committed".
DecodedValue decode_value(std::string_view parent, std::string_view key, std::string_view value);

}  // namespace bayplan::metadata
