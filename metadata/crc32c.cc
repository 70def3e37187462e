#include "crc32c.h"

#include <algorithm>
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

constexpr std::size_t kMostLaneWords = 64;
// Fewer bytes than this are not worth the products.
constexpr std::size_t kLeastLaneWords = 4;
constexpr std::size_t kLanes = 3;

// What a product with a checksum takes to move it on by `words` of 8 bytes: x^(64 * words - 33), for the
// carry-less product of reflected numbers is off by one and the checksum's instruction multiplies by x^32.
constexpr std::uint32_t mover(std::size_t words) {
  std::uint32_t power = 0x80000000u;
  for (std::size_t n = 64 * words - 33; n > 0; --n)
    power = (power >> 1) ^ ((power & 1u) != 0 ? kReversedPolynomial : 0u);
  return power;
}

struct Movers {
  std::uint32_t by_one_lane;
  std::uint32_t by_two;
  std::uint32_t by_all;
};

constexpr std::array<Movers, kMostLaneWords + 1> make_movers() {
  std::array<Movers, kMostLaneWords + 1> movers{};
  for (std::size_t words = 1; words <= kMostLaneWords; ++words)
    movers[words] = {mover(words), mover(2 * words), mover(kLanes * words)};
  return movers;
}
constexpr auto kMovers = make_movers();

__attribute__((target("sse4.2,pclmul"))) std::uint64_t moved(std::uint64_t checksum,
                                                             std::uint32_t by) noexcept {
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(checksum)),
                                               _mm_cvtsi64_si128(static_cast<long long>(by)), 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}

// Each step waits for the one before: three lanes, of `words` each, wait at the same time, and none for what
// came before them, which is perhaps still being worked on.
__attribute__((target("sse4.2,pclmul"))) std::uint64_t three_lanes(const char* bytes, std::size_t words,
                                                                   std::uint64_t before) noexcept {
  const std::size_t lane = 8 * words;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::uint64_t third = 0;
  std::uint64_t next[kLanes];
  for (const char* const end = bytes + lane; bytes != end; bytes += 8) {
    std::memcpy(&next[0], bytes, 8);
    std::memcpy(&next[1], bytes + lane, 8);
    std::memcpy(&next[2], bytes + 2 * lane, 8);
    first = _mm_crc32_u64(first, next[0]);
    second = _mm_crc32_u64(second, next[1]);
    third = _mm_crc32_u64(third, next[2]);
  }
  const Movers& move = kMovers[words];
  const std::uint64_t all =
      moved(before, move.by_all) ^ moved(first, move.by_two) ^ moved(second, move.by_one_lane);
  return _mm_crc32_u64(0, all) ^ third;
}

// The tail of a few bytes, which every key has, goes in steps as large as they can be, too.
__attribute__((target("sse4.2,pclmul"), always_inline)) inline std::uint32_t go_on(
    std::uint32_t before, std::string_view bytes) noexcept {
  std::uint64_t wide = ~before;
  while (bytes.size() >= kLanes * 8 * kLeastLaneWords) {
    const std::size_t words = std::min(bytes.size() / (kLanes * 8), kMostLaneWords);
    wide = three_lanes(bytes.data(), words, wide);
    bytes.remove_prefix(kLanes * 8 * words);
  }
  while (bytes.size() >= 8) wide = _mm_crc32_u64(wide, take<std::uint64_t>(bytes));
  auto value = static_cast<std::uint32_t>(wide);
  if (bytes.size() >= 4) value = _mm_crc32_u32(value, take<std::uint32_t>(bytes));
  if (bytes.size() >= 2) value = _mm_crc32_u16(value, take<std::uint16_t>(bytes));
  if (!bytes.empty()) value = _mm_crc32_u8(value, take<std::uint8_t>(bytes));
  return ~value;
}

__attribute__((target("sse4.2,pclmul"))) std::uint32_t crc32c_hardware(std::string_view bytes,
                                                                       std::uint32_t before) noexcept {
  return go_on(before, bytes);
}

__attribute__((target("sse4.2,pclmul"))) std::uint32_t crc32c_hardware(std::string_view first,
                                                                       std::string_view second,
                                                                       std::string_view third) noexcept {
  return go_on(go_on(go_on(0, first), second), third);
}

// Whoever asks before it is known does without.
const bool kSupported = __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("pclmul") != 0;
#endif

}  // namespace

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before) noexcept {
  std::uint32_t value = ~before;
  for (char byte : bytes) value = (value >> 8) ^ kTable[(value ^ static_cast<unsigned char>(byte)) & 0xffu];
  return ~value;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) noexcept {
#if defined(__x86_64__)
  if (kSupported) return crc32c_hardware(bytes, before);
#endif
  return crc32c_portable(bytes, before);
}

std::uint32_t crc32c(std::string_view first, std::string_view second, std::string_view third) noexcept {
#if defined(__x86_64__)
  if (kSupported) return crc32c_hardware(first, second, third);
#endif
  return crc32c_portable(third, crc32c_portable(second, crc32c_portable(first)));
}

}  // namespace bayplan::metadata
