// A digest of what a source holds, however it is stored: two stores of one digest answer every question
// alike.
#pragma once

#include "bayplan/base/digest.h"
#include "bayplan/metadata/bucket_source.h"

namespace bayplan::metadata {

/// SHA-256 over every key, value, bucket and sequence at and below `bucket`, in byte order; revisions, ids
/// and inline or not are left out. Errors: corrupt (also: nested deeper than 256 buckets), version_mismatch,
/// closed, io.
Result<Digest> logical_digest(const Bucket& bucket);

}  // namespace bayplan::metadata
