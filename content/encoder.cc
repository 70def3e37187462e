#include "encoder.h"

#include <algorithm>

namespace bayplan::content {
namespace {

Error ended() {
  return Error(Errc::failed_precondition, "stream", "compressor", "has ended or failed before");
}

class PassThrough final : public Compressor {
 public:
  explicit PassThrough(ByteSink& target) : target_(target) {}
  Result<void> write(std::span<const std::byte> bytes) override { return target_.write(bytes); }
  Result<void> finish() override { return {}; }

 private:
  ByteSink& target_;
};

}  // namespace

Result<void> Encoder::write(std::span<const std::byte> bytes) {
  if (ended_) return ended();
  while (!bytes.empty()) {
    // A full block waits for more: only the last one may be encoded as such.
    if (block_.size() == kEncoderBufferBytes) BAYPLAN_TRY(encode_block(Part::middle));
    const std::size_t count = std::min(bytes.size(), kEncoderBufferBytes - block_.size());
    block_.insert(block_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
  }
  return {};
}

Result<void> Encoder::finish() {
  if (ended_) return ended();
  BAYPLAN_TRY(encode_block(Part::last));
  ended_ = true;
  return {};
}

Result<void> Encoder::encode_block(Part part) {
  ended_ = true;  // until it succeeded
  BAYPLAN_TRY(encode(block_, part));
  block_.clear();
  ended_ = false;
  return {};
}

CompressionLevels levels_of(Compression compression) noexcept {
  switch (compression) {
    case Compression::gzip:
      return {0, 3, 2};
    case Compression::zstd:
      return {1, 19, 3};
    case Compression::none:
      break;
  }
  return {0, 0, 0};
}

Result<std::unique_ptr<Compressor>> compress(ByteSink& target, Compression compression,
                                             std::optional<int> level) {
  const CompressionLevels levels = levels_of(compression);
  const int chosen = level.value_or(levels.usual);
  if (chosen < levels.lowest || chosen > levels.highest) {
    return Error(Errc::invalid_argument, "compression", to_string(compression),
                 "has no level " + std::to_string(chosen))
        .with_advice("choose " + std::to_string(levels.lowest) + " to " + std::to_string(levels.highest));
  }
  switch (compression) {
    case Compression::gzip:
      return make_gzip_encoder(target, chosen);
    case Compression::zstd:
      return make_zstd_encoder(target, chosen);
    case Compression::none:
      break;
  }
  return std::unique_ptr<Compressor>(std::make_unique<PassThrough>(target));
}

}  // namespace bayplan::content
