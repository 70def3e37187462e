// What is looked at before LMDB maps a file: LMDB itself believes every byte of it.
#pragma once

#include <cstdint>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

inline constexpr const char* kDataName = "data.mdb";
inline constexpr const char* kLockName = "lock.mdb";

/// Errors: invalid_argument, on a network file system (no shared memory maps, no reliable locks).
Result<void> check_file_system(int directory_fd);

/// Nothing is written into a directory that is not a store's. Errors: failed_precondition (it holds other
/// things), corrupt (its data file is gone), io.
Result<void> check_has_data(int directory_fd);

/// Checks the meta pages of data.mdb, its size and its roots by reading, never by mapping; makes directory
/// and data file private unless `read_only`, and the lock file's blocks its own, where that is allowed.
/// Errors: corrupt, version_mismatch (LMDB 1.0), permission_denied, no_space, io.
Result<void> precheck(int directory_fd, bool read_only, std::uint32_t max_readers);

/// Gives lock.mdb, made if absent, blocks for `max_readers`. LMDB maps the file with holes: on a full disk,
/// touching one ends the process. Errors: permission_denied, read_only, no_space, io.
Result<void> fill_lock_file(int directory_fd, std::uint32_t max_readers);

}  // namespace bayplan::metadata
