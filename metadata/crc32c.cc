#include "crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>
#endif

namespace bayplan::metadata {
namespace {

constexpr std::uint32_t kReversedPolynomial = 0x82F63B78u;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1u) != 0 ? kReversedPolynomial : 0u);
    table[byte] = value;
  }
  return table;
}
constexpr auto kTable = make_table();

#if defined(__x86_64__)
template <class Word>
Word take(std::string_view& bytes) noexcept {
  Word word = 0;
  std::memcpy(&word, bytes.data(), sizeof word);
  bytes.remove_prefix(sizeof word);
  return word;
}

constexpr std::size_t kLaneBytes = 64;

// What a product with a checksum takes to move it on by `bytes`: x^(8 * bytes - 33), for the carry-less
// product of reflected numbers is off by one and the checksum's instruction multiplies by x^32.
constexpr std::uint32_t mover(std::size_t bytes) {
  std::uint32_t power = 0x80000000u;
  for (std::size_t n = 8 * bytes - 33; n > 0; --n)
    power = (power >> 1) ^ ((power & 1u) != 0 ? kReversedPolynomial : 0u);
  return power;
}

__attribute__((target("sse4.2,pclmul"))) std::uint64_t moved(std::uint64_t checksum,
                                                             std::uint32_t by) noexcept {
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(checksum)),
                                               _mm_cvtsi64_si128(static_cast<long long>(by)), 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}

// Each step waits for the one before: three lanes wait at the same time.
__attribute__((target("sse4.2,pclmul"))) std::uint64_t three_lanes(const char* bytes,
                                                                   std::uint64_t first) noexcept {
  std::uint64_t second = 0;
  std::uint64_t third = 0;
  std::uint64_t words[3];
  for (std::size_t at = 0; at < kLaneBytes; at += 8) {
    std::memcpy(&words[0], bytes + at, 8);
    std::memcpy(&words[1], bytes + kLaneBytes + at, 8);
    std::memcpy(&words[2], bytes + 2 * kLaneBytes + at, 8);
    first = _mm_crc32_u64(first, words[0]);
    second = _mm_crc32_u64(second, words[1]);
    third = _mm_crc32_u64(third, words[2]);
  }
  constexpr std::uint32_t kOneLane = mover(kLaneBytes);
  constexpr std::uint32_t kTwoLanes = mover(2 * kLaneBytes);
  return _mm_crc32_u64(0, moved(first, kTwoLanes) ^ moved(second, kOneLane)) ^ third;
}

// The tail of a few bytes, which every key has, goes in steps as large as they can be, too.
__attribute__((target("sse4.2,pclmul"))) std::uint32_t crc32c_hardware(std::string_view bytes,
                                                                       std::uint32_t before) noexcept {
  std::uint64_t wide = ~before;
  for (; bytes.size() >= 3 * kLaneBytes; bytes.remove_prefix(3 * kLaneBytes))
    wide = three_lanes(bytes.data(), wide);
  while (bytes.size() >= 8) wide = _mm_crc32_u64(wide, take<std::uint64_t>(bytes));
  auto value = static_cast<std::uint32_t>(wide);
  if (bytes.size() >= 4) value = _mm_crc32_u32(value, take<std::uint32_t>(bytes));
  if (bytes.size() >= 2) value = _mm_crc32_u16(value, take<std::uint16_t>(bytes));
  if (!bytes.empty()) value = _mm_crc32_u8(value, take<std::uint8_t>(bytes));
  return ~value;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before) noexcept {
  std::uint32_t value = ~before;
  for (char byte : bytes) value = (value >> 8) ^ kTable[(value ^ static_cast<unsigned char>(byte)) & 0xffu];
  return ~value;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) noexcept {
#if defined(__x86_64__)
  static const bool kSupported =
      __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("pclmul") != 0;
  if (kSupported) return crc32c_hardware(bytes, before);
#endif
  return crc32c_portable(bytes, before);
}

}  // namespace bayplan::metadata
