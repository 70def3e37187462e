// What the parsers of names have in common.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace bayplan::images {

inline bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
inline bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
inline bool is_alnum(char c) noexcept { return is_lower(c) || is_upper(c) || is_digit(c); }

inline bool all_are(std::string_view text, bool (*test)(char) noexcept) noexcept {
  return std::all_of(text.begin(), text.end(), test);
}

/// `text` with A-Z in lower case.
inline std::string lower(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) c = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  return folded;
}

/// Calls `test` for each piece between separators; empty pieces included.
template <class Test>
bool all_pieces(std::string_view text, char separator, Test test) {
  for (;;) {
    const std::size_t end = text.find(separator);
    if (!test(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace bayplan::images
