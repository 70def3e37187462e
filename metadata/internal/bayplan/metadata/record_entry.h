// The step from an entry to the record that it is.
#pragma once

#include <string_view>

#include "bayplan/metadata/bucket_source.h"

namespace bayplan::metadata {

/// The record at `entry` of `records`, which just answered it. `kind` is the word used in the error. Errors:
/// corrupt (a plain value, or the row), closed, io.
Result<Bucket> record_at(const Bucket& records, const Entry& entry, std::string_view kind);

}  // namespace bayplan::metadata
