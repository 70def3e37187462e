// One 512-byte header block of a tar archive.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"
#include "bayplan/base/time.h"

namespace bayplan::snapshots {

inline constexpr std::size_t kTarBlockBytes = 512;
using TarBlock = std::array<char, kTarBlockBytes>;

inline std::string_view as_text(const TarBlock& block) { return {block.data(), block.size()}; }

enum class TarFormat : std::uint8_t { v7, ustar, star, gnu };

/// A header as it stands, no meaning given to it yet.
struct TarHeader {
  TarFormat format = TarFormat::v7;
  char type = '0';
  std::string name;
  std::string link;
  std::int64_t size = 0;
  std::int64_t mode = 0;
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  std::int64_t dev_major = 0;
  std::int64_t dev_minor = 0;
  Time mtime{};
};

bool is_zero_block(const TarBlock& block) noexcept;

/// Errors: corrupt (checksum, numbers).
Result<TarHeader> parse_tar_header(const TarBlock& block);

/// Octal padded with spaces and NULs (all padding is 0), or big-endian base-256; empty when it is neither or
/// does not fit.
std::optional<std::int64_t> parse_tar_number(std::string_view field) noexcept;

/// A whole string in decimal with an optional sign; empty when it is not one or does not fit.
std::optional<std::int64_t> parse_tar_decimal(std::string_view text) noexcept;

/// `seconds` + `nanoseconds` since the epoch, or the nearest point that Time can hold. |nanoseconds| < 10^9.
Time tar_time(std::int64_t seconds, std::int64_t nanoseconds) noexcept;

/// `field` up to its first NUL.
std::string_view cut_at_nul(std::string_view field) noexcept;

}  // namespace bayplan::snapshots
