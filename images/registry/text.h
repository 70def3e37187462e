// Small things that the parsers of HTTP's fields share. ASCII only, whatever the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bayplan::registry {

inline char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lowered(std::string_view text);
bool equal_but_for_case(std::string_view left, std::string_view right) noexcept;

/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text) noexcept;

/// Digits only, and all of `text`; empty otherwise, and where it is more than 64 bits hold.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;

/// Whether `text` can be the value of a field: printable ASCII, spaces and tabs.
bool is_field_text(std::string_view text) noexcept;

/// Whether `text` can be a host: letters, digits, and ".-_:" of names and of addresses without brackets.
bool is_host_text(std::string_view text) noexcept;

/// Percent-encodes all but what RFC 3986 leaves unreserved.
std::string percent_encoded(std::string_view text);

}  // namespace bayplan::registry
