// Files whose record is gone. The transaction that removes a record queues its files here; they are unlinked
// when that is durable, by whoever comes first: the next collection, or the next opening of the store. A
// crash in between loses nothing, as the row stays until the files are gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bayplan/base/progress.h"
#include "bayplan/metadata/gc.h"

namespace bayplan::metadata {

/// Queues files of `kind` in the transaction that removes their record. Errors: those of MutableBucket.
Result<void> queue_removal(WriteTx& tx, std::string_view kind, std::string_view name);
/// Takes them from the queue, in the transaction that records them again; absent is fine. Errors: those of
/// MutableBucket.
Result<void> drop_removal(WriteTx& tx, std::string_view kind, std::string_view name);
/// Whether it is queued, and has been since the same commit. Errors: corrupt, closed, io.
Result<bool> is_queued(const BucketSource& source, std::string_view kind, const Removal& removal);
/// Whether files of that name are queued at all. Errors: corrupt, closed, io.
Result<bool> is_queued(const BucketSource& source, std::string_view kind, std::string_view name);

inline constexpr std::size_t kAllRemovals = ~std::size_t{0};

/// Unlinks what is queued and of one of `kinds`, `most` names of each at most; what is in use stays queued.
/// Syncs the store first if there is anything. What cannot be unlinked stays queued too and holds up no
/// others: the first error is answered when all the rest is done. Errors: cancelled, permission_denied,
/// failed_precondition (inside a write transaction; something is mounted there), read_only, corrupt, closed,
/// io; what was unlinked stays so.
Result<FileSweep> unlink_removed(const Db& db, GcKinds kinds, std::size_t most, const Control& control);

}  // namespace bayplan::metadata
