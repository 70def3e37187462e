// RuntimeService: containers and pods as CRI-O's runtime server has them. START HERE when writing an engine;
// what it needs besides is an OCI runtime.
//
//   RuntimeService service(images, {.pause_image = "registry.k8s.io/pause:3.9"});  // an ImageService
//   auto pod = service.create_pod_sandbox({.pod_name = "web", .pod_id = id, .image_name = ..}, {});
//   auto container = service.create_container({.pod_name = "web", .pod_id = id, ..}, {});
//   auto mountpoint = service.start_container(container->id);   // mounted; config.json is in the run dir
//   runc("--bundle", container->run_dir);
//
// A pod has no record of its own: it is the set of containers with its ID, and its attributes lie in their
// metadata. The one whose own ID is the pod's is its infrastructure container.
//
// The records of one call are made or removed in one transaction. Making a container makes its two
// directories before; when anything fails, they go too, and the store holds what it held. The runtime's
// configuration is kept in the work directory as a template, config.json; every start mounts the container,
// puts the mountpoint into a copy as root.path, and a cgroup of its own where none is named, and replaces the
// run directory's config.json by it. A member whose configuration was generated joins the namespaces of the
// pod's infrastructure container where that has a task (kJoinsPodAnnotation, spec.h); a caller's own
// configuration is let be, unless it has that annotation.
//
// Wherever a container is asked for, its ID, a name, a name of its layer, or the beginning of its ID will do.
// Thread-safe, and safe beside other processes.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/containers/runtime_metadata.h"
#include "bayplan/containers/service_parts.h"
#include "bayplan/containers/spec.h"
#include "bayplan/images/image_service.h"
#include "bayplan/images/store.h"
#include "bayplan/metadata/list.h"
#include "bayplan/snapshots/mounts.h"

namespace bayplan::containers {

/// The owner tag of what the runtime service makes.
inline constexpr std::string_view kRuntimeOwner = "cri-o";

struct RuntimeServiceOptions {
  ServiceOptions common{};
  std::string pause_image{};  ///< the only image that is pulled when it is not there; empty: none is
  PullImage pull{};           ///< pull_with() (pull.h); empty: nothing is pulled
  Unknown unknown = Unknown::is_success;  ///< for delete_container and stop_container
};

/// Of image name and image ID one is enough, and with both the ID decides. An empty metadata name becomes the
/// container's. An empty config is generated from the image's.
struct SandboxRequest {
  std::string pod_name{};
  std::string pod_id{};  ///< also of the infrastructure container: an identifier
  std::string image_name{};
  std::string image_id{};
  std::string container_name{};
  std::string metadata_name{};
  std::string uid{};
  std::string pod_namespace{};
  std::uint32_t attempt = 0;
  images::RemoteContext copy_options{};  ///< to pull the pause image with
  std::string config{};                  ///< an OCI runtime spec, JSON
  SpecOptions spec{};                    ///< what a generated config has in place of the image's
};
struct ContainerRequest {
  std::string pod_name{};
  std::string pod_id{};
  std::string image_name{};
  std::string image_id{};
  std::string container_name{};
  std::string container_id{};  ///< an identifier
  std::string metadata_name{};
  std::uint32_t attempt = 0;
  std::string mount_label{};
  images::RemoteContext copy_options{};
  std::string config{};
  SpecOptions spec{};
};

struct ContainerStatus {
  std::string id;
  RuntimeMetadata metadata;
  std::optional<MountedContainer> mounted{};
  std::optional<std::string> image{};  ///< NAME@DIGEST; empty: its image has no name, or is gone
};

struct PodMember {
  std::string id;
  RuntimeMetadata metadata;
};
/// Its infrastructure container first, if it is there, then the others by ID.
using PodMembers = std::vector<PodMember>;

/// What became of the containers that somebody knew.
struct Resync {
  std::set<std::string> added{};
  std::set<std::string> vanished{};
  std::set<std::string> kept{};
};

/// Errors of every function, beside its own: corrupt, closed, io. "Unknown container" is bad_input()
/// container_id, not_found.
class RuntimeService {
 public:
  /// Precondition: `store` is not null. It needs a run root.
  explicit RuntimeService(std::shared_ptr<images::Store> store, RuntimeServiceOptions options = {});
  /// On the store and in the namespace of `images`, which pulls the pause image unless the options say what
  /// does; options.common.ns is passed over. `images` may be dropped.
  explicit RuntimeService(const images::ImageService& images, RuntimeServiceOptions options = {});

  /// Errors, in the order in which they are looked for: bad_input pod_name (pod name or ID empty), image_name
  /// (both empty), container_name; invalid_argument (the ID; the mount label), too_large (the mount label);
  /// not_found (the image; its texts are CRI-O's); those of the pull and of images::unpack; permission_denied
  /// (the policy); already_exists (kind "container": the ID; kind "container name" or "layer name", saying
  /// whose it is); invalid_argument (config); those of making directories, and of the record functions.
  Result<ContainerInfo> create_pod_sandbox(const SandboxRequest& request, const Control& control) const;
  Result<ContainerInfo> create_container(const ContainerRequest& request, const Control& control) const;

  /// Removes the infrastructure container, unmounted, with its directories; not the members. Errors:
  /// bad_input sandbox_id (empty, unknown, no infrastructure container), and those of delete_container.
  Result<void> remove_pod_sandbox(std::string_view id_or_name, const RemoveOptions& options = {}) const;
  /// Removes a container, unmounted, with its snapshot and names, which is one transaction, and its
  /// directories. Errors: bad_input container_id (empty; unknown, if asked so), failed_precondition (its task
  /// runs (tasks.h); the snapshot is of another snapshotter), in_use (its snapshot got children meanwhile),
  /// conflict (its snapshot was changed meanwhile), permission_denied, and those of the record functions.
  Result<void> delete_container(std::string_view id_or_name, const RemoveOptions& options = {}) const;

  /// Errors: not_found ("identifier is not a layer, image, or container"), corrupt (no metadata of CRI-O's).
  Result<RuntimeMetadata> container_metadata(std::string_view id) const;
  /// Keys that are not CRI-O's stay as they are stored. Errors: as container_metadata; nothing changed then.
  Result<void> set_container_metadata(std::string_view id, const RuntimeMetadata& metadata) const;
  /// One transaction: reads, calls `change` once, writes. `change` must not use the store. Errors: as above,
  /// and those of `change`.
  Result<RuntimeMetadata> update_container_metadata(
      std::string_view id, const std::function<Result<void>(RuntimeMetadata&)>& change) const;

  /// Mounts the container, with its mount label where SELinux is on and the driver is overlay, and prepares
  /// the run directory; answers the mountpoint, which may be another one
  /// each time. Counted: a container that is started twice is mounted once. Of a container that no service
  /// made the record's spec is the template. Errors: unknown container;
  /// corrupt (metadata, before anything is mounted; the template), not_found (kind "file": no template),
  /// invalid_argument (what is no label), unsupported (the kernel does not take it), failed_precondition
  /// (whether the infrastructure container runs cannot be told: its task is of another pid namespace), those
  /// of snapshots::Mounts::mount; nothing more is mounted then than before.
  Result<std::filesystem::path> start_container(std::string_view id_or_name) const;
  /// Unmounts, also with open files; not mounted is fine, and so is a snapshot that is gone. Errors: as
  /// delete_container; permission_denied.
  Result<void> stop_container(std::string_view id_or_name) const;

  /// The directories, made again where they are missing. Errors: unknown container, permission_denied.
  Result<std::filesystem::path> work_dir(std::string_view id_or_name) const;
  Result<std::filesystem::path> run_dir(std::string_view id_or_name) const;

  /// Errors: unknown container; as container_metadata.
  Result<ContainerStatus> container_status(std::string_view id_or_name) const;

  /// Containers of pods, by pod ID. Metadata that cannot be read is told to `problem`, and does not hide the
  /// others; containers without pod name or ID are somebody else's.
  Result<std::map<std::string, PodMembers>> pods(const metadata::ListProblem& problem = {}) const;
  /// Those of one pod; none is empty.
  Result<PodMembers> members(std::string_view pod_id, const metadata::ListProblem& problem = {}) const;
  /// What changed since the containers in `known` were all that this service had, made by whichever process.
  Result<Resync> resync(const std::set<std::string>& known) const;
  /// IDs of what this service made.
  Result<std::vector<std::string>> list() const;

  /// What is mounted, for who is about to stop. With Force::yes it is unmounted too. Never breaks a mount
  /// that it was not told to. Errors: those of stop_container, when all others are unmounted.
  Result<std::vector<MountedContainer>> shutdown(snapshots::Force force = snapshots::Force::no) const;
  /// Deletes all containers that this service made, and no others. Answers their IDs. Errors: those of
  /// delete_container; what was deleted stays so.
  Result<std::vector<std::string>> wipe() const;
  /// Deletes those that this service made and that neither run (tasks.h) nor are mounted. Answers their IDs.
  /// Errors: those of delete_container; what was deleted stays so.
  Result<std::vector<std::string>> prune() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace bayplan::containers
