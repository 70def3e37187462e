// Stored values as people read them: what the schema knows is decoded, the rest is text or hex.
#pragma once

#include <string>
#include <string_view>

#include "bayplan/base/json.h"
#include "bayplan/metadata/decoded_value.h"

namespace bayplan::cli {

/// On one line, shortened.
std::string describe(const metadata::DecodedValue& value);
/// As metadata::decode_value().
std::string describe_value(std::string_view parent, std::string_view key, std::string_view value);

/// Whole: a string, a number, {"typeUrl":..}, or {"hex":..} of bytes that are no text.
void write_value(json::Writer& out, const metadata::DecodedValue& value);

std::string hex(std::string_view bytes);

}  // namespace bayplan::cli
