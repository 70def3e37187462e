// The record at bucket bayplan.tasks/<id>.
#pragma once

#include <string_view>

#include "bayplan/containers/tasks.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::containers::tasks {

inline constexpr std::string_view kKind = "task";

/// Errors: corrupt, closed, io.
Result<Task> decode(std::string_view id, const metadata::Bucket& record);

/// Removes the task of a container that goes, whatever its process does; none is fine. Errors: those of
/// MutableBucket.
Result<void> forget(metadata::WriteTx& tx, std::string_view ns, std::string_view id);

/// clear_ended() without clearing. Errors: as clear_ended.
Result<void> check_none_runs(const metadata::BucketSource& source, std::string_view ns, std::string_view id);

}  // namespace bayplan::containers::tasks
