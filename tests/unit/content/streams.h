// What the compression tests share.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "bayplan/base/stream.h"
#include "bayplan/content/compression.h"

namespace bayplan::content::test {

/// Hands out a text in pieces of at most `piece` bytes.
class PiecewiseSource final : public ByteSource {
 public:
  PiecewiseSource(std::string_view text, std::size_t piece) : rest_(text), piece_(piece) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    return MemorySource(take(std::min(into.size(), piece_))).read(into);
  }

 private:
  std::string_view take(std::size_t count) {
    const std::string_view piece = rest_.substr(0, count);
    rest_.remove_prefix(piece.size());
    return piece;
  }
  std::string_view rest_;
  std::size_t piece_;
};

/// The whole of `text` decompressed, read from a source that answers `piece` bytes at a time.
inline Result<std::string> decompressed(std::string_view text, Compression compression,
                                        std::size_t piece = std::size_t{1} << 20) {
  PiecewiseSource source(text, piece);
  return read_all(*decompress(source, compression), std::size_t{1} << 30);
}

/// Bytes that neither repeat nor compress to nothing, the same every time.
inline std::string sample_text(std::size_t bytes) {
  std::string text(bytes, '\0');
  std::uint32_t state = 12345;
  for (char& c : text) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>('a' + (state >> 27u));
  }
  return text;
}

/// `text` from hexadecimal digits.
inline std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

}  // namespace bayplan::content::test
