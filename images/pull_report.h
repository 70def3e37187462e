// What a pull tells of the intake that it was.
#pragma once

#include <utility>

#include "bayplan/images/import.h"
#include "bayplan/images/pull.h"

namespace bayplan::images {

/// Precondition: one image at least was recorded.
inline PullReport report_of(ImportReport recorded, const Descriptor& target) {
  ImportedImage& image = recorded.images.front();
  return {.name = std::move(image.name),
          .source = {},
          .target = target,
          .previous = image.previous,
          .chain_id = image.chain_id,
          .asked = true,
          .blobs = recorded.blobs,
          .bytes = recorded.bytes,
          .warnings = std::move(recorded.warnings)};
}

}  // namespace bayplan::images
