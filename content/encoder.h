// What gzip and zstd share: input in blocks of one size, so that the stream does not depend on how it was
// written, and an end that is an end.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "bayplan/content/compress.h"

namespace bayplan::content {

inline constexpr std::size_t kEncoderBufferBytes = 128u << 10;

class Encoder : public Compressor {
 public:
  Result<void> write(std::span<const std::byte> bytes) final;
  Result<void> finish() final;

 protected:
  enum class Part : bool { middle, last };

  explicit Encoder(ByteSink& target) : target_(target) { block_.reserve(kEncoderBufferBytes); }
  /// Compresses the whole of `block` by calls of emit(). Errors: io (the library failed), emit's.
  virtual Result<void> encode(std::span<const std::byte> block, Part part) = 0;

  /// Room for compressed bytes, and where they go.
  std::span<std::byte> room() noexcept { return out_; }
  Result<void> emit(std::size_t count) { return target_.write(std::span(out_).first(count)); }

 private:
  Result<void> encode_block(Part part);

  ByteSink& target_;
  std::vector<std::byte> block_{};
  std::vector<std::byte> out_ = std::vector<std::byte>(kEncoderBufferBytes);
  bool ended_ = false;
};

std::unique_ptr<Compressor> make_gzip_encoder(ByteSink& target, int level);
std::unique_ptr<Compressor> make_zstd_encoder(ByteSink& target, int level);

}  // namespace bayplan::content
