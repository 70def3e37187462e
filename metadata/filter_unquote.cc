#include "filter_unquote.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace bayplan::metadata {
namespace {

constexpr std::uint32_t kLastCodePoint = 0x10FFFF;
constexpr std::uint32_t kReplacement = 0xFFFD;

void append_utf8(std::string& to, std::uint32_t c) {
  const auto append = [&](std::uint32_t byte) { to += static_cast<char>(static_cast<unsigned char>(byte)); };
  const auto continuation = [&](unsigned shift) { append(0x80u | ((c >> shift) & 0x3Fu)); };
  if (c >= 0xD800 && c <= 0xDFFF) c = kReplacement;
  if (c < 0x80) return append(c);
  if (c < 0x800) {
    append(0xC0u | c >> 6);
  } else if (c < 0x10000) {
    append(0xE0u | c >> 12);
    continuation(6);
  } else {
    append(0xF0u | c >> 18);
    continuation(12);
    continuation(6);
  }
  continuation(0);
}

// The number that `rest` begins with, which is taken off it.
std::uint32_t take_number(std::string_view& rest, std::size_t digits, int base) {
  std::uint32_t number = 0;
  std::from_chars(rest.data(), rest.data() + digits, number, base);
  rest.remove_prefix(digits);
  return number;
}

bool append_byte(std::string& to, std::uint32_t byte) {
  if (byte > 0xFF) return false;
  to += static_cast<char>(static_cast<unsigned char>(byte));
  return true;
}

bool append_character(std::string& to, std::uint32_t c) {
  if (c > kLastCodePoint) return false;
  append_utf8(to, c);
  return true;
}

char control_of(char letter) {
  constexpr std::string_view kLetters = "abfnrtv";
  constexpr std::string_view kControls = "\a\b\f\n\r\t\v";
  const std::size_t at = kLetters.find(letter);
  return at == std::string_view::npos ? letter : kControls[at];
}

// `rest` begins behind the backslash.
bool append_escape(std::string& to, std::string_view& rest) {
  const char letter = rest.front();
  if (letter >= '0' && letter <= '7') return append_byte(to, take_number(rest, 3, 8));
  rest.remove_prefix(1);
  switch (letter) {
    case 'x':
      return append_byte(to, take_number(rest, 2, 16));
    case 'u':
      return append_character(to, take_number(rest, 4, 16));
    case 'U':
      return append_character(to, take_number(rest, 8, 16));
    default:
      to += control_of(letter);
      return true;
  }
}

}  // namespace

std::optional<std::string> unquote(std::string_view literal) {
  std::string_view rest = literal.substr(1, literal.size() - 2);
  std::string text;
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    text.append(rest.substr(0, plain));
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (!append_escape(text, rest)) return {};
  }
  return text;
}

}  // namespace bayplan::metadata
