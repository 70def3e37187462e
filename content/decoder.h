// What gzip and zstd share: big buffers on both sides, and an error that stays.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "bayplan/base/stream.h"

namespace bayplan::content {

inline constexpr std::size_t kDecoderBufferBytes = 128u << 10;

/// The compressed bytes, a buffer at a time.
class DecoderInput {
 public:
  explicit DecoderInput(ByteSource& source) : source_(&source), buffer_(kDecoderBufferBytes) {}

  /// Reads more when nothing is left; afterwards rest() is empty at the end of the source only.
  Result<void> fill();
  std::span<std::byte> rest() noexcept { return rest_; }
  void consume(std::size_t bytes) noexcept { rest_ = rest_.subspan(bytes); }

 private:
  ByteSource* source_;
  std::vector<std::byte> buffer_;
  std::span<std::byte> rest_{};
  bool ended_ = false;
};

/// Serves reads of any size from decodes of a whole buffer; big reads are decoded in place.
class Decoder : public ByteSource {
 public:
  Result<std::size_t> read(std::span<std::byte> into) final;

 protected:
  explicit Decoder(ByteSource& source) : input_(source) {}
  /// Decodes at least one byte into `out`; 0 at the end of the stream.
  virtual Result<std::size_t> decode(std::span<std::byte> out) = 0;

  static Error corrupt(std::string_view format, std::string_view message);

  DecoderInput input_;

 private:
  Result<std::size_t> decode_or_fail(std::span<std::byte> out);

  std::vector<std::byte> buffer_{};
  std::span<const std::byte> decoded_{};
  std::optional<Error> failure_{};
};

std::unique_ptr<ByteSource> make_gzip_decoder(ByteSource& source);
std::unique_ptr<ByteSource> make_zstd_decoder(ByteSource& source);

}  // namespace bayplan::content
