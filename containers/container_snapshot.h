// A container and its snapshot, together.
#pragma once

#include "bayplan/containers/containers.h"
#include "bayplan/images/store.h"

namespace bayplan::containers {

/// A store speaks for the snapshotter it was opened with. Errors: failed_precondition (the container's
/// snapshot is of another one, or it has none).
Result<void> check_snapshotter(images::Store& store, const Container& container);

/// Removes the records of both; a snapshot that is gone already is fine. Not all-or-nothing by itself.
/// Errors: not_found (the container), in_use (the snapshot has children, or is mounted), those of
/// check_snapshotter and of the record functions.
Result<void> remove_records(metadata::WriteTx& tx, images::Store& store, std::string_view ns,
                            std::string_view id);

}  // namespace bayplan::containers
