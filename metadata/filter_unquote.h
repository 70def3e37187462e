// Quoted literals of filters: Go's escapes, between any of the three quotes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bayplan::metadata {

/// What the literal says; empty when an escape says what no byte (\777) or character (\U00110000) is. As in
/// Go, a surrogate becomes U+FFFD, and \xNN is a byte, whether or not that is UTF-8 then. Precondition: the
/// scanner answered it as quoted.
std::optional<std::string> unquote(std::string_view literal);

}  // namespace bayplan::metadata
