#include "arena.h"

#include <cstring>

namespace bayplan::metadata {

char* Arena::allocate(std::size_t size) { return static_cast<char*>(memory_.allocate(size, 1)); }

std::string_view Arena::keep(std::string_view bytes) {
  if (bytes.empty()) return "";
  char* at = allocate(bytes.size());
  std::memcpy(at, bytes.data(), bytes.size());
  return {at, bytes.size()};
}

std::string_view Arena::join(std::string_view first, std::string_view second) {
  if (first.empty()) return keep(second);
  char* at = allocate(first.size() + second.size());
  std::memcpy(at, first.data(), first.size());
  if (!second.empty()) std::memcpy(at + first.size(), second.data(), second.size());
  return {at, first.size() + second.size()};
}

}  // namespace bayplan::metadata
