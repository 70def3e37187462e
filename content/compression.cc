#include "bayplan/content/compression.h"

#include <utility>

#include "decoder.h"

namespace bayplan::content {
namespace {

constexpr std::string_view kGzipMagic{"\x1f\x8b", 2};
constexpr std::string_view kZstdMagic{"\x28\xb5\x2f\xfd", 4};
/// Skippable frames: 0x184D2A50 to 0x184D2A5F, little endian.
constexpr std::string_view kZstdSkippableTail{"\x2a\x4d\x18", 3};

bool is_skippable_frame(std::string_view bytes) noexcept {
  if (bytes.size() < kMagicBytes || (static_cast<unsigned char>(bytes[0]) & 0xf0u) != 0x50u) return false;
  return bytes.substr(1, 3) == kZstdSkippableTail;
}

class Passthrough final : public ByteSource {
 public:
  explicit Passthrough(ByteSource& source) : source_(&source) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return source_->read(into); }

 private:
  ByteSource* source_;
};

}  // namespace

std::string_view to_string(Compression compression) noexcept {
  switch (compression) {
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
    case Compression::none:
      break;
  }
  return "none";
}

Compression detect_compression(std::string_view first_bytes) noexcept {
  if (first_bytes.starts_with(kGzipMagic)) return Compression::gzip;
  if (first_bytes.starts_with(kZstdMagic) || is_skippable_frame(first_bytes)) return Compression::zstd;
  return Compression::none;
}

std::unique_ptr<ByteSource> decompress(ByteSource& source, Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return make_gzip_decoder(source);
    case Compression::zstd:
      return make_zstd_decoder(source);
    case Compression::none:
      break;
  }
  return std::make_unique<Passthrough>(source);
}

}  // namespace bayplan::content
