// What a manifest or index is about, where it is about another one (image-spec, "subject").
#pragma once

#include <optional>
#include <string_view>

#include "bayplan/base/digest.h"

namespace bayplan::images {

/// The subject that a manifest or index names, if it names one. Errors: invalid_argument (not JSON, or no
/// descriptor), and those of read_descriptor.
Result<std::optional<Digest>> subject_of(std::string_view document);

}  // namespace bayplan::images
