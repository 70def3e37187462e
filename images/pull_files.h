// Pull from files: oci:, oci-archive:, docker-archive: and dir:.
#pragma once

#include <string_view>

#include "bayplan/images/pull.h"
#include "bayplan/images/transport.h"

namespace bayplan::images {

/// Errors: those of pull(). Precondition: `location` is none of a registry or the store.
Result<PullReport> pull_files(Store& store, std::string_view ns, const ImageLocation& location,
                              const RemoteContext& context, const PullOptions& options,
                              const Control& control);

}  // namespace bayplan::images
