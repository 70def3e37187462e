// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace bayplan::utf8 {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  ///< bytes it takes; 0 = the text does not start with a valid sequence
};

/// The code point at the start of `text`.
CodePoint first(std::string_view text) noexcept;

/// Whether all of `text` is valid.
bool valid(std::string_view text) noexcept;

}  // namespace bayplan::utf8
