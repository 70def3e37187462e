// The parts that records of containers and of sandboxes have in common: how they are checked, merged, read
// and written.
#pragma once

#include "bayplan/base/field_mask.h"
#include "bayplan/containers/record_parts.h"
#include "bayplan/metadata/tx.h"

namespace bayplan::containers {

/// Errors: invalid_argument (a name).
Result<void> validate_extensions(const Extensions& extensions);

/// Replaces `into` by `from`, or only path.key of it; a name that `from` lacks goes.
void apply_field(Extensions& into, const Extensions& from, const FieldPath& path);

/// What is absent is empty. Errors of these: corrupt, closed, io.
Result<std::string> read_text(const metadata::Bucket& record, std::string_view key);
Result<std::optional<metadata::Any>> read_any(const metadata::Bucket& record, std::string_view key);
Result<Extensions> read_extensions(const metadata::Bucket& record);
/// A record without a runtime is corrupt.
Result<Runtime> read_runtime(const metadata::Bucket& record);

/// Without a value the key goes. Errors of these: those of MutableBucket.
Result<void> write_any(metadata::MutableBucket& record, std::string_view key,
                       const std::optional<metadata::Any>& any);
Result<void> write_runtime(metadata::MutableBucket& record, const Runtime& runtime);
/// Writes what differs, where `before` is stored; none leave no bucket.
Result<void> write_extensions(metadata::MutableBucket& record, const Extensions& before,
                              const Extensions& after);

}  // namespace bayplan::containers
