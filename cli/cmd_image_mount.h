// image mount, unmount.
#pragma once

#include "session.h"

namespace bayplan::cli {

void add_image_mount_commands(CLI::App& image, Session& session);

}  // namespace bayplan::cli
