#include "bayplan/containers/pull.h"

#include <utility>

namespace bayplan::containers {

PullImage pull_with(images::ImageService images, images::PullOptions options) {
  return [images = std::move(images), options = std::move(options)](const std::string& image,
                                                                    const images::RemoteContext& context,
                                                                    const Control& control) -> Result<void> {
    BAYPLAN_TRY(images.pull_image(image, context, options, control));
    return {};
  };
}

}  // namespace bayplan::containers
