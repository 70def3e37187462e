#include "crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
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

// Each step waits for the one before, so the tail of a few bytes, which every key has, goes in large ones
// too.
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::string_view bytes,
                                                             std::uint32_t before) noexcept {
  std::uint64_t wide = ~before;
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
  static const bool kSupported = __builtin_cpu_supports("sse4.2") != 0;
  if (kSupported) return crc32c_sse42(bytes, before);
#endif
  return crc32c_portable(bytes, before);
}

}  // namespace bayplan::metadata
