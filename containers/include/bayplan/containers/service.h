// From an image to a running container, and back to nothing.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/containers/containers.h"
#include "bayplan/containers/spec.h"
#include "bayplan/images/store.h"

namespace bayplan::containers {

struct CreateOptions {
  SpecOptions spec{};
  Labels labels{};
  std::string runtime = "io.containerd.runc.v2";
};

/// Creates container `id` from an image of the store: an active snapshot over the image's layers (unpacked if
/// they are not yet) under the key `id`, and the record, in one transaction.
/// Errors: not_found (image), already_exists (container, or snapshot key), invalid_argument, unsupported
/// (image cannot be unpacked), and those of images::unpack.
Result<Container> create_from_image(images::Store& store, std::string_view ns, std::string_view id,
                                    std::string_view image, const CreateOptions& options,
                                    const Control& control);

/// Removes container and snapshot in one transaction; unmounts its rootfs first if a killed run left it
/// mounted. Errors: not_found, in_use (it is running, or its snapshot has children), and those of the record
/// functions.
Result<void> remove_with_snapshot(images::Store& store, const std::filesystem::path& run_root,
                                  std::string_view ns, std::string_view id);

/// /run/bayplan for root, else $XDG_RUNTIME_DIR/bayplan.
std::filesystem::path default_run_root();

/// First of $BAYPLAN_RUNTIME, runc, crun found on the PATH. Errors: not_found, with advice.
Result<std::filesystem::path> find_runtime();

/// A mounted rootfs and its config.json, ready for a runtime. Unmounts and removes itself when dropped.
/// Move-only.
class Bundle {
 public:
  /// Makes <run root>/<ns>/<id>/{config.json,rootfs} and mounts the container's snapshot.
  /// Errors: not_found, busy (another process runs it), permission_denied, and those of Snapshotter::mounts
  /// and mount_all.
  static Result<Bundle> prepare(images::Store& store, const std::filesystem::path& run_root,
                                std::string_view ns, std::string_view id);
  Bundle(Bundle&&) noexcept;
  Bundle& operator=(Bundle&&) noexcept;
  ~Bundle();

  const std::filesystem::path& path() const noexcept;
  /// Unmounts and removes, reporting what the destructor would swallow. Errors: busy, permission_denied, io.
  Result<void> release() &&;

 private:
  friend Result<int> run_foreground(const Bundle&, const std::filesystem::path&, const std::filesystem::path&,
                                    std::string_view, std::string_view);
  struct State;
  explicit Bundle(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Runs the bundle to its end in the foreground with `runtime` ("runc run" with the caller's standard
/// streams), and answers the container's exit code. The runtime's own state lives below the run root. Signals
/// SIGINT and SIGTERM reach the container. Errors: io (the runtime could not be started).
Result<int> run_foreground(const Bundle& bundle, const std::filesystem::path& runtime,
                           const std::filesystem::path& run_root, std::string_view ns, std::string_view id);

}  // namespace bayplan::containers
