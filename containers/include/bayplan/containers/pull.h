// The ordinary way for the runtime service to get its pause image.
#pragma once

#include "bayplan/containers/service_parts.h"
#include "bayplan/images/image_service.h"

namespace bayplan::containers {

/// Pulls with `images`, into its store and namespace, which have to be those of the service that is given
/// this. What it answers may outlive the caller's `images`, and is thread-safe. Its errors are those of
/// ImageService::pull_image.
PullImage pull_with(images::ImageService images, images::PullOptions options = {});

}  // namespace bayplan::containers
