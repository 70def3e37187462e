// Whatever the bytes are, the reader ends, and no entry promises more pieces than it has room for.
#include <array>
#include <cstdlib>

#include "bayplan/snapshots/tar_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  bayplan::MemorySource source({reinterpret_cast<const char*>(data), size});
  bayplan::snapshots::TarReader reader(source);
  std::array<std::byte, 4096> buffer{};
  for (;;) {
    const auto entry = reader.next();
    if (!entry || !entry->has_value()) return 0;
    for (const auto& piece : (*entry)->pieces) {
      if (piece.offset > (*entry)->size || piece.length > (*entry)->size - piece.offset) std::abort();
    }
    for (auto got = reader.read(buffer); got && *got > 0; got = reader.read(buffer)) {
    }
  }
}
