// A snapshot's directory while no record names it.
#pragma once

#include <memory>
#include <string>

#include "bayplan/base/fd.h"
#include "bayplan/snapshots/snapshotter.h"
#include "driver.h"

namespace bayplan::snapshots {

/// Owns <driver root>/<id> and a lock on it that keeps sweeps of all processes away. Removes the directory in
/// the end, unless kept. Not thread-safe.
class StageDirectory {
 public:
  /// A new directory under a new name. Errors: those of DirectoryNames::next, no_space, permission_denied,
  /// io.
  static Result<std::shared_ptr<StageDirectory>> create(std::shared_ptr<Driver> driver);
  ~StageDirectory() { discard(); }
  StageDirectory(const StageDirectory&) = delete;
  StageDirectory& operator=(const StageDirectory&) = delete;

  const std::string& id() const noexcept { return id_; }
  int fd() const noexcept { return locked_.get(); }

  /// A durable record names it now.
  void keep() noexcept { locked_.reset(); }
  /// Removes it, if it was not kept. What cannot be removed is left to a sweep.
  void discard() noexcept;

 private:
  StageDirectory(std::shared_ptr<Driver> driver, std::string id, UniqueFd locked)
      : driver_(std::move(driver)), id_(std::move(id)), locked_(std::move(locked)) {}

  std::shared_ptr<Driver> driver_;
  std::string id_;
  UniqueFd locked_;  // empty once kept or discarded
};

struct Stage::State {
  std::shared_ptr<Driver> driver;
  std::shared_ptr<StageDirectory> directory;
  LowerIds lower;
  std::string parent;  ///< key; empty also when staged on a stage, whose key nobody knows yet
};

}  // namespace bayplan::snapshots
