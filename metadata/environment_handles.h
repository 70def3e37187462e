// References to one environment whose counts lie in lines of their own: threads that begin and end reads
// would otherwise all write to one.
#pragma once

#include <array>
#include <memory>

#include "own_place.h"

namespace bayplan::metadata {

class Environment;

class EnvironmentHandles {
 public:
  explicit EnvironmentHandles(const std::shared_ptr<Environment>& environment) {
    for (auto& place : places_) place = {std::make_shared<Counted>(Counted{environment}), environment.get()};
  }
  /// Keeps it open as `environment` does.
  const std::shared_ptr<Environment>& here() const noexcept { return places_[own_place() % places_.size()]; }

 private:
  struct alignas(128) Counted {
    std::shared_ptr<Environment> environment;
  };
  std::array<std::shared_ptr<Environment>, 16> places_{};
};

}  // namespace bayplan::metadata
