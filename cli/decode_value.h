// Stored values as people read them: what the schema knows is decoded, the rest is text or hex.
#pragma once

#include <string>
#include <string_view>

namespace bayplan::cli {

/// `key` is the value's own key; it tells times, sizes and specs from text.
std::string describe_value(std::string_view key, std::string_view value);

}  // namespace bayplan::cli
