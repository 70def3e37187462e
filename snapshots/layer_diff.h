// What Snapshotter::diff answers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bayplan/base/fd.h"
#include "bayplan/snapshots/diff.h"
#include "driver.h"

namespace bayplan::snapshots {

struct LayerDiff::State {
  std::shared_ptr<Driver> driver;
  std::string id;
  LowerIds lower;
  std::vector<UniqueFd> held;  // a shared lock on each of their directories, which sweeps leave alone then

  /// Errors: not_found, busy (one of them is being removed), permission_denied, io.
  static Result<std::unique_ptr<State>> open(std::shared_ptr<Driver> driver, std::string id, LowerIds lower);
};

}  // namespace bayplan::snapshots
