// Compression of layers: gzip (ISA-L) and zstd, recognised by their first bytes, read strictly.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "bayplan/base/stream.h"

namespace bayplan::content {

enum class Compression : std::uint8_t { none, gzip, zstd };
std::string_view to_string(Compression compression) noexcept;

inline constexpr std::size_t kMagicBytes = 4;
/// By the first bytes (fewer than kMagicBytes is fine); a zstd skippable frame counts as zstd.
Compression detect_compression(std::string_view first_bytes) noexcept;

/// An uncompressed view of `source`, which must outlive it. Several gzip members or zstd frames follow one
/// another; after the last gzip member zero bytes are tolerated, anything else is an error; zstd windows up
/// to 128 MiB. Its read() errors: corrupt (bad data, checksum or length; truncated; trailing bytes), and the
/// source's own.
std::unique_ptr<ByteSource> decompress(ByteSource& source, Compression compression);

}  // namespace bayplan::content
