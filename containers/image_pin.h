// By what a container keeps its image, whatever becomes of the image's name.
#pragma once

#include "bayplan/containers/containers.h"

namespace bayplan::containers {

/// Adds the labels that keep the image of this config and manifest.
inline void pin_image(Labels& labels, const Digest& config, const Digest& manifest) {
  labels.insert_or_assign(std::string(kImageIdPinLabel), config.to_string());
  labels.insert_or_assign(std::string(kImageManifestPinLabel), manifest.to_string());
}

}  // namespace bayplan::containers
