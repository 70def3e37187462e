#pragma once

#include "bayplan/containers/service.h"
#include "bundle_dir.h"

namespace bayplan::containers {

struct Bundle::State {
  BundleDir directory;
};

}  // namespace bayplan::containers
