// Options of Db::open. Every field: unit, default, meaning.
#pragma once

#include <cstdint>

#include "bayplan/base/diagnostics.h"

namespace bayplan::metadata {

struct OpenOptions {
  /// No write transactions; needs write access to lock.mdb all the same (LMDB's reader table).
  bool read_only = false;
  bool create = true;  ///< create the environment when the directory does not exist; ignored when read_only
  std::uint64_t map_bytes = 1ull << 40;  ///< address space to reserve; halved until it fits; not disk space
  std::uint32_t max_readers = 1024;      ///< reader slots, decided by whoever initialises the lock file
  DiagnosticSink diagnostics{};
};

}  // namespace bayplan::metadata
