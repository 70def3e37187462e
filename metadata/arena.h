// Memory for views that live as long as what handed them out.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string_view>

namespace bayplan::metadata {

/// Bytes that stay where they are until the arena ends, or is cleared.
class Arena {
 public:
  std::string_view keep(std::string_view bytes);
  std::string_view join(std::string_view first, std::string_view second);
  /// `size` bytes for the caller to fill.
  char* allocate(std::size_t size);
  void clear() noexcept { memory_.release(); }

 private:
  std::pmr::monotonic_buffer_resource memory_;
};

}  // namespace bayplan::metadata
