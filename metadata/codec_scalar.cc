// Times and numbers, as Go's time.Time.MarshalBinary and encoding/binary.PutVarint write them.
#include <limits>

#include "bayplan/metadata/codec.h"
#include "byte_order.h"

namespace bayplan::metadata::codec {
namespace {

constexpr std::int64_t kUnixEpochSeconds = 62135596800;  // since the first day of year 1
constexpr std::int64_t kNanosPerSecond = 1000000000;
constexpr std::int16_t kUtc = -1;
constexpr std::size_t kTimeBytes = 15;
constexpr std::size_t kTimeBytesV2 = 16;  // one more for the seconds of the zone's offset
constexpr unsigned kMaxVarintBits = 64;

Error bad_time(std::string_view what) { return Error(Errc::corrupt, "time", {}, what); }
Error bad_number(std::string_view what) { return Error(Errc::corrupt, "number", {}, what); }

}  // namespace

std::string encode_time(Time time) {
  const std::int64_t nanos = time.time_since_epoch().count();
  std::int64_t seconds = nanos / kNanosPerSecond;
  std::int64_t rest = nanos % kNanosPerSecond;
  if (rest < 0) {
    rest += kNanosPerSecond;
    --seconds;
  }
  std::string bytes(1, '\1');
  append_be(bytes, static_cast<std::uint64_t>(seconds + kUnixEpochSeconds));
  append_be(bytes, static_cast<std::uint32_t>(rest));
  append_be(bytes, static_cast<std::uint16_t>(kUtc));
  return bytes;
}

Result<Time> decode_time(std::string_view bytes) {
  const bool v1 = bytes.size() == kTimeBytes && bytes[0] == '\1';
  const bool v2 = bytes.size() == kTimeBytesV2 && bytes[0] == '\2';
  if (!v1 && !v2) return bad_time("not a time of version 1 or 2");
  const auto since_year_one = static_cast<std::int64_t>(load_be<std::uint64_t>(bytes.data() + 1));
  const auto nanos = static_cast<std::int64_t>(load_be<std::uint32_t>(bytes.data() + 9));
  if (nanos >= kNanosPerSecond) return bad_time("a second of more than 10^9 nanoseconds");
  // One second less at either end, so that the nanoseconds fit as well.
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kNanosPerSecond - 1;
  if (since_year_one < kUnixEpochSeconds - kMost || since_year_one > kUnixEpochSeconds + kMost) {
    return bad_time("outside the years 1678 to 2261");
  }
  return Time(std::chrono::nanoseconds((since_year_one - kUnixEpochSeconds) * kNanosPerSecond + nanos));
}

std::string encode_varint(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  std::uint64_t zigzag = number < 0 ? ~(bits << 1) : bits << 1;
  std::string bytes;
  for (; zigzag >= 0x80; zigzag >>= 7) bytes += static_cast<char>(static_cast<unsigned char>(zigzag | 0x80));
  bytes += static_cast<char>(static_cast<unsigned char>(zigzag));
  return bytes;
}

Result<std::int64_t> decode_varint(std::string_view bytes) {
  std::uint64_t zigzag = 0;
  unsigned shift = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i, shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const std::uint64_t seven = byte & 0x7fu;
    if (shift >= kMaxVarintBits || (seven << shift) >> shift != seven)
      return bad_number("does not fit 64 bits");
    zigzag |= seven << shift;
    if ((byte & 0x80u) != 0) continue;
    if (i + 1 != bytes.size()) return bad_number("bytes are left over");
    if (byte == 0 && i > 0) return bad_number("longer than it has to be");
    const std::uint64_t half = zigzag >> 1;
    return static_cast<std::int64_t>((zigzag & 1) != 0 ? ~half : half);
  }
  return bad_number(bytes.empty() ? "empty" : "ends in the middle");
}

Result<std::uint64_t> decode_size(std::string_view bytes) {
  BAYPLAN_ASSIGN(const std::int64_t number, decode_varint(bytes));
  if (number < 0) return bad_number("a count cannot be negative");
  return static_cast<std::uint64_t>(number);
}

}  // namespace bayplan::metadata::codec
