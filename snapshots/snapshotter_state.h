// What a snapshotter is made of.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bayplan/snapshots/snapshotter.h"
#include "driver.h"
#include "records.h"

namespace bayplan::snapshots {

struct Snapshotter::State {
  std::shared_ptr<Driver> driver;
  std::unique_ptr<metadata::GcKind> kind;

  records::Place place(std::string_view ns) const { return {ns, driver->name()}; }

  Result<Stage> stage(LowerIds lower, std::string_view parent) const;
  Result<void> add(metadata::WriteTx& tx, std::string_view ns, std::string_view key, Stage&& stage,
                   const records::Draft& draft) const;
  /// The directory `id`, made where it was lost, locked: nobody else restores, mounts or sweeps it meanwhile.
  /// Errors: permission_denied, no_space, io.
  Result<UniqueFd> lock(const std::string& id) const;
  Result<void> restore(const std::string& id, const LowerIds& lower) const;
};

}  // namespace bayplan::snapshots
