// What older schemas kept, in the shape of today's.
#pragma once

#include "bayplan/metadata/tx.h"

namespace bayplan::metadata {

/// The schema of the records: schema::kSchemaVersion in an empty store, 0 for the flat image records of the
/// beginnings (v1/images/<name>/{digest, mediatype, size}, no version). Errors: corrupt, version_mismatch (a
/// newer one), closed, io.
Result<int> schema_version(const BucketSource& source);

/// Brings all records to schema::kSchemaVersion, step by step; nothing to do is fine. All or nothing with the
/// caller's transaction. Errors: corrupt (names the record), version_mismatch, no_space, closed, io.
Result<void> migrate(WriteTx& tx);

}  // namespace bayplan::metadata
