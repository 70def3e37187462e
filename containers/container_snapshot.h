// A container and its snapshot, together.
#pragma once

#include <filesystem>
#include <optional>

#include "bayplan/base/fd.h"
#include "bayplan/containers/containers.h"
#include "bayplan/images/store.h"

namespace bayplan::containers {

/// A store speaks for the snapshotter it was opened with. Errors: failed_precondition (the container's
/// snapshot is of another one, or it has none).
Result<void> check_snapshotter(images::Store& store, const Container& container);

/// The root of a container without a snapshot, which is a directory of the caller's; empty: it has a
/// snapshot, or no absolute root.
std::optional<std::filesystem::path> own_root(const Container& container);

/// The directory of the caller's that is to be such a root. Errors: invalid_argument (a relative path, no
/// directory), not_found, permission_denied, io.
Result<UniqueFd> open_own_root(const std::filesystem::path& rootfs);

/// Whether something else refers to the snapshot of `container`, as RemoveOptions says it; which reads a key
/// of each container. One that is not there is not shared. Errors: corrupt, closed, io.
Result<bool> is_snapshot_shared(const metadata::BucketSource& source, std::string_view ns,
                                const Container& container);

/// Removes the records of container, task and snapshot in one transaction; the snapshot, unless it is shared;
/// one that is gone already is fine. Who began to share it while that was looked for is not seen, but for a
/// snapshot upon it. Errors: not_found (the container), failed_precondition (its task runs; the snapshot is
/// of another snapshotter), in_use (the snapshot is mounted, or got children), and those of the record
/// functions.
Result<void> remove_records(images::Store& store, std::string_view ns, std::string_view id);

/// Collects what nothing refers to. Errors: those of metadata::collect.
Result<void> collect_released(const images::Store& store);

}  // namespace bayplan::containers
