// What the kernel counted for this thread.
#pragma once

#include <cstdint>

namespace bayplan::metadata {

/// Bytes that this thread has handed to write calls; 0 where procfs does not tell.
std::uint64_t bytes_written_by_thread() noexcept;

}  // namespace bayplan::metadata
