#include "tar_header.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "tar_fields.h"

namespace bayplan::snapshots {
namespace {

using namespace tar_fields;  // NOLINT(google-build-using-namespace): the names of this file's subject

constexpr Field kStarPrefix{345, 131};
constexpr Field kGnuAtime{345, 12};
constexpr Field kGnuCtime{357, 12};
constexpr Field kStarTrailer{508, 4};

constexpr std::string_view kUstarMagic("ustar\0", 6);
constexpr std::string_view kGnuMagic("ustar  \0", 8);
constexpr std::string_view kStarTrailerText("tar\0", 4);
constexpr std::string_view kPadding(" \0", 2);

std::string_view get(const TarBlock& block, Field field) {
  return as_text(block).substr(field.offset, field.length);
}

std::optional<std::int64_t> parse_base256(std::string_view field) noexcept {
  const auto first = static_cast<unsigned char>(field.front());
  const bool negative = (first & 0x40u) != 0;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    auto byte = static_cast<unsigned char>(field[i]);
    if (negative) byte = static_cast<unsigned char>(~byte);
    if (i == 0) byte = static_cast<unsigned char>(byte & 0x7fu);
    if (value >> 56 != 0) return std::nullopt;
    value = value << 8 | byte;
  }
  if (value >> 63 != 0) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(value);
  return negative ? ~magnitude : magnitude;
}

std::optional<std::int64_t> parse_octal(std::string_view field) noexcept {
  const std::size_t begin = field.find_first_not_of(kPadding);
  if (begin == std::string_view::npos) return 0;
  field = cut_at_nul(field.substr(begin, field.find_last_not_of(kPadding) + 1 - begin));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

// Sun's tar summed signed bytes, POSIX says unsigned; the field itself counts as spaces.
bool checksum_matches(const TarBlock& block) {
  const auto stored = parse_octal(get(block, kChecksum));
  std::int64_t unsigned_sum = 0;
  std::int64_t signed_sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.length;
    const char byte = own ? ' ' : block[i];
    unsigned_sum += static_cast<unsigned char>(byte);
    signed_sum += static_cast<signed char>(byte);
  }
  return stored && (*stored == unsigned_sum || *stored == signed_sum);
}

TarFormat format_of(const TarBlock& block) {
  const std::string_view magic = get(block, kMagic);
  if (magic == kGnuMagic) return TarFormat::gnu;
  if (!magic.starts_with(kUstarMagic)) return TarFormat::v7;
  return get(block, kStarTrailer) == kStarTrailerText ? TarFormat::star : TarFormat::ustar;
}

// GNU headers have times where ustar has its prefix. Go before 1.8 wrote a prefix there all the same, and
// reads it back when the times are no numbers; images with such names exist.
std::string_view gnu_prefix(const TarBlock& block) {
  const auto is_time = [&](Field field) {
    const std::string_view text = get(block, field);
    return text.front() == '\0' || parse_tar_number(text).has_value();
  };
  if (is_time(kGnuAtime) && is_time(kGnuCtime)) return {};
  const std::string_view prefix = cut_at_nul(get(block, kUstarPrefix));
  const bool ascii = std::all_of(prefix.begin(), prefix.end(), [](char c) { return (c & 0x80) == 0; });
  return ascii ? prefix : std::string_view();
}

std::string_view prefix_of(const TarBlock& block, TarFormat format) {
  switch (format) {
    case TarFormat::v7:
      return {};
    case TarFormat::ustar:
      return cut_at_nul(get(block, kUstarPrefix));
    case TarFormat::star:
      return cut_at_nul(get(block, kStarPrefix));
    case TarFormat::gnu:
      return gnu_prefix(block);
  }
  return {};
}

Result<std::int64_t> number(const TarBlock& block, Field field, std::string_view what) {
  const auto value = parse_tar_number(get(block, field));
  if (value) return *value;
  return Error(Errc::corrupt, "tar header", cut_at_nul(get(block, kName)),
               std::string(what) + " is no number");
}

}  // namespace

bool is_zero_block(const TarBlock& block) noexcept {
  return std::all_of(block.begin(), block.end(), [](char byte) { return byte == 0; });
}

std::string_view cut_at_nul(std::string_view field) noexcept { return field.substr(0, field.find('\0')); }

std::optional<std::int64_t> parse_tar_number(std::string_view field) noexcept {
  const bool binary = !field.empty() && (field.front() & 0x80) != 0;
  return binary ? parse_base256(field) : parse_octal(field);
}

std::optional<std::int64_t> parse_tar_decimal(std::string_view text) noexcept {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Time tar_time(std::int64_t seconds, std::int64_t nanoseconds) noexcept {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  std::int64_t total = 0;
  if (__builtin_mul_overflow(seconds, kPerSecond, &total) ||
      __builtin_add_overflow(total, nanoseconds, &total)) {
    return seconds < 0 ? Time::min() : Time::max();
  }
  return Time(std::chrono::nanoseconds(total));
}

Result<TarHeader> parse_tar_header(const TarBlock& block) {
  if (!checksum_matches(block)) {
    return Error(Errc::corrupt, "tar header", cut_at_nul(get(block, kName)), "checksum does not match");
  }
  TarHeader header;
  header.format = format_of(block);
  header.type = get(block, kType).front();
  header.name = cut_at_nul(get(block, kName));
  header.link = cut_at_nul(get(block, kLink));
  BAYPLAN_ASSIGN(header.size, number(block, kSize, "size"));
  BAYPLAN_ASSIGN(header.mode, number(block, kMode, "mode"));
  BAYPLAN_ASSIGN(header.uid, number(block, kUid, "uid"));
  BAYPLAN_ASSIGN(header.gid, number(block, kGid, "gid"));
  BAYPLAN_ASSIGN(const std::int64_t mtime, number(block, kMtime, "mtime"));
  header.mtime = tar_time(mtime, 0);
  if (header.format != TarFormat::v7) {
    BAYPLAN_ASSIGN(header.dev_major, number(block, kDevMajor, "device major"));
    BAYPLAN_ASSIGN(header.dev_minor, number(block, kDevMinor, "device minor"));
  }
  const std::string_view prefix = prefix_of(block, header.format);
  if (!prefix.empty()) header.name = std::string(prefix) + "/" + header.name;
  return header;
}

}  // namespace bayplan::snapshots
