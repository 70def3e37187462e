// Which images are in use.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "bayplan/metadata/gc.h"

namespace bayplan::cli {

using Names = std::set<std::string, std::less<>>;

/// The names in namespace `ns` that a container has as its image, or that another object keeps from the
/// collector: a container's pin, a lease that has not ended, a label. Errors: corrupt (whoever may use an
/// image cannot be read), closed, io.
Result<Names> images_in_use(const metadata::BucketSource& source, metadata::GcKinds kinds,
                            std::string_view ns);

}  // namespace bayplan::cli
