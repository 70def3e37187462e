// StorageService: containers as libpod's storage service has them, in a store that it may share with the
// runtime service. Neither lists or wipes what the other made. There are no pods, and no image is pulled.
//
// Wherever a container is asked for, its ID, a name, a name of its layer, or the beginning of its ID will do.
// Thread-safe, and safe beside other processes.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/containers/runtime_metadata.h"
#include "bayplan/containers/service_parts.h"
#include "bayplan/images/store.h"
#include "bayplan/snapshots/mounts.h"

namespace bayplan::containers {

/// The owner tag of what libpod's storage service makes.
inline constexpr std::string_view kLibpodOwner = "libpod";

/// Of image name and image ID one is enough, and with both the ID decides. An empty config is generated from
/// the image's.
struct StorageRequest {
  std::string image_name{};
  std::string image_id{};
  std::string container_name{};
  std::string container_id{};  ///< an identifier
  std::string mount_label{};
  std::string config{};  ///< an OCI runtime spec, JSON
  /// Absolute: a directory of the caller's that is the container's root. Then it has neither image nor
  /// snapshot, nothing is mounted for it, and the config has to be given.
  std::filesystem::path rootfs{};
  /// Key of a committed snapshot, instead of an image: the container's own lies upon it. The config has to be
  /// given.
  std::string snapshot{};
};

/// Errors of every function, beside its own: corrupt, closed, io. "Empty ID" is bad_input() image_name,
/// container_name or container_id, invalid_argument; "no such container" bad_input() container_id, not_found;
/// "container not known" not_found with the kind "container".
class StorageService {
 public:
  /// Precondition: `store` is not null. It needs a run root.
  explicit StorageService(std::shared_ptr<images::Store> store, ServiceOptions options = {});

  /// Errors, in the order in which they are looked for: empty ID (image name and ID; container name); with a
  /// rootfs invalid_argument (relative; an image or a snapshot besides), not_found, permission_denied (the
  /// directory); with a snapshot invalid_argument (an image besides; not committed), not_found; and from
  /// there on those of RuntimeService::create_container, but for the pull.
  Result<ContainerInfo> create_container(const StorageRequest& request, const Control& control) const;
  /// Errors: empty ID, container not known, and those of RuntimeService::delete_container.
  Result<void> delete_container(std::string_view id_or_name, const RemoveOptions& options = {}) const;

  /// As the runtime service's functions of these names, for libpod's metadata.
  Result<LibpodMetadata> container_metadata(std::string_view id) const;
  Result<void> set_container_metadata(std::string_view id, const LibpodMetadata& metadata) const;

  /// Errors: no such container, and those of RuntimeService::start_container.
  Result<std::filesystem::path> start_container(std::string_view id_or_name) const;
  /// Unmounts, also with open files. Errors: empty ID, container not known, permission_denied.
  Result<void> stop_container(std::string_view id_or_name) const;
  /// Takes one from the count of its mounts, and unmounts when it was the last; Force::yes: in any case.
  /// Answers whether it is still mounted. Errors: no such container; not_found (kind "mount": "layer is not
  /// mounted"; with Force::yes that is fine), busy (files in it are open).
  Result<bool> unmount_container(std::string_view id_or_name,
                                 snapshots::Force force = snapshots::Force::no) const;
  /// Empty: it is not mounted. Errors: no such container.
  Result<std::optional<MountedContainer>> mounted(std::string_view id_or_name) const;

  /// Errors: no such container, permission_denied.
  Result<std::filesystem::path> work_dir(std::string_view id_or_name) const;
  Result<std::filesystem::path> run_dir(std::string_view id_or_name) const;

  /// IDs of what this service made.
  Result<std::vector<std::string>> list() const;
  /// As the runtime service's.
  Result<std::vector<MountedContainer>> shutdown(snapshots::Force force = snapshots::Force::no) const;
  Result<std::vector<std::string>> wipe() const;
  /// Deletes those that this service made and that neither run (tasks.h) nor are mounted. Answers their IDs.
  /// Errors: those of delete_container; what was deleted stays so.
  Result<std::vector<std::string>> prune() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace bayplan::containers
