// Platforms as they stand in an image's documents.
#pragma once

#include <optional>

#include "bayplan/base/json.h"
#include "bayplan/images/platform.h"

namespace bayplan::images {

/// From the members os, architecture and variant of `object`. Errors: invalid_argument (one of the first two
/// is missing; characters that no platform has).
Result<Platform> read_platform(const json::Value& object);

/// The member `platform` of an index's entry. One that names neither os nor architecture says nothing and
/// counts as absent. Errors: invalid_argument.
Result<std::optional<Platform>> read_optional_platform(const json::Value& entry);

}  // namespace bayplan::images
