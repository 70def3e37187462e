// Integers in a fixed byte order, whatever the host's.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>

namespace bayplan::metadata {

template <std::unsigned_integral T>
void store_le(char* to, T number) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    to[i] = static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
}

template <std::unsigned_integral T>
T load_le(const char* from) noexcept {
  T number = 0;
  for (std::size_t i = sizeof(T); i > 0; --i) {
    number = static_cast<T>(static_cast<T>(number << 8) | static_cast<unsigned char>(from[i - 1]));
  }
  return number;
}

template <std::unsigned_integral T>
void store_be(char* to, T number) noexcept {
  for (std::size_t i = sizeof(T); i > 0; --i) {
    to[i - 1] = static_cast<char>(static_cast<unsigned char>(number));
    number = static_cast<T>(number >> 8);
  }
}

template <std::unsigned_integral T>
T load_be(const char* from) noexcept {
  T number = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    number = static_cast<T>(static_cast<T>(number << 8) | static_cast<unsigned char>(from[i]));
  }
  return number;
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
