// CRC-32C (Castagnoli), RFC 3720 appendix B.4. Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace bayplan::metadata {

/// The checksum of `bytes`, or of more: pass the checksum of what came before as `before`.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;

/// That of three pieces, one after the other.
std::uint32_t crc32c(std::string_view first, std::string_view second, std::string_view third) noexcept;

/// The same without the processor's instruction: what crc32c uses where there is none.
std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before = 0) noexcept;

}  // namespace bayplan::metadata
