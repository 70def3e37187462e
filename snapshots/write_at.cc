#include "write_at.h"

#include <unistd.h>

#include <cerrno>

namespace bayplan::snapshots {

Result<void> write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error::from_errno(errno, "file", name, "pwrite");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

}  // namespace bayplan::snapshots
