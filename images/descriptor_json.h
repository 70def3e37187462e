// Descriptors as they stand in an image's documents (image-spec descriptor.md).
#pragma once

#include "bayplan/base/descriptor.h"
#include "bayplan/base/json.h"

namespace bayplan::images {

/// Checks every member that the spec gives a meaning to: `urls` are never followed, but must be http or https
/// without credentials; an inline `data` must be the content. Errors: invalid_argument, unsupported (digest
/// algorithm), digest_mismatch (`data`).
Result<Descriptor> read_descriptor(const json::Value& value);

}  // namespace bayplan::images
