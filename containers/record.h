#pragma once

#include <string_view>

#include "bayplan/containers/containers.h"

namespace bayplan::containers {

inline constexpr std::string_view kContainerKind = "container";

/// The record at bucket containers/`id`. Errors: corrupt, closed, io, naming the container.
Result<Container> decode(std::string_view id, const metadata::Bucket& record);

}  // namespace bayplan::containers
