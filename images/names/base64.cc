#include "names/base64.h"

#include <cstdint>
#include <optional>

namespace bayplan::images {
namespace {

std::optional<std::uint32_t> value_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return {};
}

Error not_base64(std::string_view why) { return Error(Errc::invalid_argument, "base64 text", {}, why); }

std::size_t padding_of(std::string_view text) noexcept {
  if (text.ends_with("==")) return 2;
  return text.ends_with('=') ? 1 : 0;
}

}  // namespace

Result<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return not_base64("its length is no multiple of 4");
  const std::size_t padding = padding_of(text);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const std::optional<std::uint32_t> value = value_of(c);
    if (!value) return not_base64("a character outside the alphabet");
    pending = (pending << 6 | *value) & 0xFFFFu;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(static_cast<unsigned char>(pending >> bits & 0xFFu));
  }
  if ((pending & ((1u << bits) - 1)) != 0) return not_base64("bits beyond the last byte");
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const char byte : bytes) {
    pending = (pending << 8 | static_cast<unsigned char>(byte)) & 0xFFFFu;
    for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[pending >> (bits - 6) & 63u];
  }
  if (bits > 0) text += kAlphabet[pending << (6 - bits) & 63u];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

}  // namespace bayplan::images
