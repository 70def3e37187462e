// image unpack: snapshots for an image that is in the store.
#pragma once

#include "session.h"

namespace bayplan::cli {

void add_image_unpack(CLI::App& image, Session& session);

}  // namespace bayplan::cli
