// LMDB's list of reusable pages.
#pragma once

#include <lmdb.h>

#include <cstdint>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

inline constexpr MDB_dbi kFreeList = 0;

/// Precondition: a read transaction. Pages inside the file that `txn` sees as free; those that readers still
/// pin included. Errors: io.
Result<std::uint64_t> count_free_pages(MDB_txn* txn);

}  // namespace bayplan::metadata
