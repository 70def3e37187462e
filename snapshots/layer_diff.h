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
  /// Of the snapshot and its ancestors, nearest first; a shared lock on each, for which sweeps leave it
  /// alone.
  std::vector<UniqueFd> directories;

  /// Errors: not_found, busy (one of them is being removed), permission_denied, io.
  static Result<std::unique_ptr<State>> open(std::shared_ptr<Driver> driver, const std::string& id,
                                             const LowerIds& lower);
};

}  // namespace bayplan::snapshots
