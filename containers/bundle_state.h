#pragma once

#include <string>

#include "bayplan/containers/service.h"
#include "bundle_dir.h"

namespace bayplan::containers {

struct Bundle::State {
  State(images::Store& of, std::string_view in, std::string_view called, std::string snapshot,
        BundleDir locked)
      : store(of),
        ns(in),
        id(called),
        snapshot_key(std::move(snapshot)),
        directory(std::make_unique<BundleDir>(std::move(locked))) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  /// Unmounts, and removes the directory. Errors: busy, permission_denied, those of Mounts::unmount, io.
  Result<void> release();

  images::Store& store;
  std::string ns;
  std::string id;
  std::string snapshot_key;              ///< empty: nothing is mounted
  std::unique_ptr<BundleDir> directory;  ///< null: released
};

/// Undoes the counted mount at the rootfs of `directory` that a killed run left. Errors: those of
/// Mounts::find and Mounts::unmount.
Result<void> drop_left_mount(const images::Store& store, std::string_view ns, const std::string& snapshot_key,
                             const BundleDir& directory);

}  // namespace bayplan::containers
