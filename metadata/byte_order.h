// Integers in a fixed byte order, whatever the host's.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <string>

namespace bayplan::metadata {

// g++ 12 makes loops over single bytes into just that at -O2, and rows are full of numbers.
template <std::unsigned_integral T>
constexpr T reversed(T number) noexcept {
  if constexpr (sizeof(T) == 8) {
    return __builtin_bswap64(number);
  } else if constexpr (sizeof(T) == 4) {
    return __builtin_bswap32(number);
  } else if constexpr (sizeof(T) == 2) {
    return __builtin_bswap16(number);
  } else {
    static_assert(sizeof(T) == 1);
    return number;
  }
}
/// Between the host's order and `order`.
template <std::endian order, std::unsigned_integral T>
constexpr T in_order(T number) noexcept {
  return order == std::endian::native ? number : reversed(number);
}

template <std::unsigned_integral T>
void store_le(char* to, T number) noexcept {
  number = in_order<std::endian::little>(number);
  std::memcpy(to, &number, sizeof number);
}

template <std::unsigned_integral T>
T load_le(const char* from) noexcept {
  T number = 0;
  std::memcpy(&number, from, sizeof number);
  return in_order<std::endian::little>(number);
}

template <std::unsigned_integral T>
void store_be(char* to, T number) noexcept {
  number = in_order<std::endian::big>(number);
  std::memcpy(to, &number, sizeof number);
}

template <std::unsigned_integral T>
T load_be(const char* from) noexcept {
  T number = 0;
  std::memcpy(&number, from, sizeof number);
  return in_order<std::endian::big>(number);
}

template <std::unsigned_integral T>
void append_le(std::string& to, T number) {
  char bytes[sizeof(T)];
  store_le(bytes, number);
  to.append(bytes, sizeof(T));
}

template <std::unsigned_integral T>
void append_be(std::string& to, T number) {
  char bytes[sizeof(T)];
  store_be(bytes, number);
  to.append(bytes, sizeof(T));
}

}  // namespace bayplan::metadata
