// Rows of mounts: v1/<ns>/bayplan.mounts/<snapshotter>/<key> (metadata/schema.h). Functions that change
// something are all-or-nothing inside the caller's transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/metadata/tx.h"
#include "records.h"

namespace bayplan::snapshots {

inline constexpr std::string_view kMountKind = "mount";

/// A mount as it is recorded.
struct MountRow {
  std::string boot_id;
  std::string target;       ///< absolute
  std::uint64_t count = 0;  ///< 0: a process is about to mount or unmount it, or died there
  bool made = false;        ///< the target is a directory that was made for it
};

namespace mount_records {

/// Errors: corrupt, closed, io.
Result<MountRow> decode(std::string_view key, const metadata::Bucket& record);
/// Errors: corrupt, closed, io.
Result<std::optional<MountRow>> find(const metadata::BucketSource& source, records::Place place,
                                     std::string_view key);
/// Errors: those of MutableBucket.
Result<void> put(metadata::WriteTx& tx, records::Place place, std::string_view key, const MountRow& row);
/// Absent is fine. Errors: those of MutableBucket.
Result<void> erase(metadata::WriteTx& tx, records::Place place, std::string_view key);

/// Errors: in_use (the snapshot `key` is mounted, or about to be, in this boot), unsupported (/proc is not
/// there to tell), corrupt, closed, io.
Result<void> check_unmounted(const metadata::BucketSource& source, records::Place place,
                             std::string_view key);

/// Before the snapshot `key` goes or changes its name: drops a row of another boot. Errors: in_use (it is
/// mounted), unsupported (/proc is not there to tell), and those of MutableBucket.
Result<void> release(metadata::WriteTx& tx, records::Place place, std::string_view key);

}  // namespace mount_records
}  // namespace bayplan::snapshots
