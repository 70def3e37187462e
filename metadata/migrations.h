// What older schemas kept, in the shape of today's.
#pragma once

#include "bayplan/metadata/tx.h"

namespace bayplan::metadata {

/// The schema of the records: schema::kSchemaVersion in an empty store, 0 for the flat image records of the
/// beginnings (v1/images/<name>/{digest, mediatype, size}), which are told by v1 having no version: where it
/// has one, v1/images is a namespace of that name. Errors: corrupt, version_mismatch (another one), closed,
/// io.
Result<int> schema_version(const BucketSource& source);

/// Brings all records to schema::kSchemaVersion, step by step; nothing to do is fine. All or nothing with the
/// caller's transaction. Flat images go to namespace "default" with whatever else is in their records, made
/// and updated now, as they had no times. A damaged one is named and all stays as it is, so that nothing is
/// lost: images/flat_store.h still reads the others, and removes it. Errors: corrupt, version_mismatch,
/// no_space, closed, io.
Result<void> migrate(WriteTx& tx);

}  // namespace bayplan::metadata
