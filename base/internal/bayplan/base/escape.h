// Text from outside, so that a terminal shows it and obeys none of it.
#pragma once

#include <string>
#include <string_view>

namespace bayplan {

/// Adds `text` with control characters, those that reorder text, and invalid UTF-8 as \xNN or \n-style
/// escapes, and what of `also` is in it: a quote and a backslash behind a backslash, anything else in hex.
void append_escaped(std::string& out, std::string_view text, std::string_view also);
/// The same as a string.
std::string escaped(std::string_view text, std::string_view also = {});

}  // namespace bayplan
