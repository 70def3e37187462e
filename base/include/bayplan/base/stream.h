// Byte streams: how bytes flow between folders without either side knowing the other.
// Not thread-safe: one thread at a time uses a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Reads up to `into.size()` bytes; 0 means end of stream, and only that (precondition: `into` not empty).
  /// Errors: io, corrupt, digest_mismatch, too_large, cancelled, as the implementation says.
  virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
  /// Passes over `bytes` as if they had been read; answers how many there were, fewer at the end of the
  /// stream only. Reads them, where the implementation knows no better. Errors: as read.
  virtual Result<std::uint64_t> skip(std::uint64_t bytes);
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Takes all of `bytes` or fails. Errors: io, no_space, too_large, cancelled.
  virtual Result<void> write(std::span<const std::byte> bytes) = 0;
};

/// A source over bytes that outlive it.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : rest_(bytes) {}
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  std::string_view rest_;
};

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}
inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads `source` to its end into memory. Errors: too_large beyond `limit` bytes, and the source's own.
Result<std::string> read_all(ByteSource& source, std::size_t limit);

/// Copies `source` to `sink` until its end; returns the number of bytes.
Result<std::uint64_t> copy(ByteSource& source, ByteSink& sink);

}  // namespace bayplan
