// What the runtime service and libpod's storage service have in common for their callers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bayplan/base/progress.h"
#include "bayplan/containers/removal.h"
#include "bayplan/images/documents.h"
#include "bayplan/images/remote_context.h"
#include "bayplan/images/signature_policy.h"
#include "bayplan/metadata/namespaces.h"

namespace bayplan::containers {

/// What a service was asked wrongly. Its errors have the code invalid_argument where the input can never be
/// right, and not_found where nothing is called so.
enum class BadInput : unsigned char { pod_name, image_name, container_name, sandbox_id, container_id };
/// Which of them `error`, of a service, is; empty: it is another error.
std::optional<BadInput> bad_input(const Error& error);

/// What a delete or stop of a container that is not known answers.
enum class Unknown : bool {
  is_success,  ///< as CRI-O does now
  is_error,    ///< not_found, as its first version and libpod do
};

/// Pulls the image of that name with what the caller of the service knew, and reports to it.
using PullImage = std::function<Result<void>(const std::string& image, const images::RemoteContext& context,
                                             const Control& control)>;

/// Whether the mount labels of containers are given to the kernel. They are kept in any case.
enum class Selinux : unsigned char { if_kernel_has_it, on, off };

struct ServiceOptions {
  std::string ns = std::string(metadata::kDefaultNamespace);
  /// Asked before a container is made, about the image that was resolved.
  images::SignaturePolicy policy = images::SignaturePolicy::accept_anything();
  Selinux selinux = Selinux::if_kernel_has_it;
};

/// User or group IDs of a container as the host has them.
struct IdMapping {
  std::uint32_t container_id = 0;
  std::uint32_t host_id = 0;
  std::uint32_t size = 0;

  friend bool operator==(const IdMapping&, const IdMapping&) = default;
};

/// A container that was made.
struct ContainerInfo {
  std::string id;
  std::filesystem::path dir;                    ///< lasts as long as the container
  std::filesystem::path run_dir;                ///< goes with the container or the boot
  std::optional<images::ImageConfig> config{};  ///< of its image; empty: it has none
  std::string mount_label{};
  // As its configuration says (process.selinuxLabel, linux.uidMappings, linux.gidMappings). The files of its
  // snapshot have the owners of the image: who maps IDs shifts them, or has the runtime do so.
  std::string process_label{};
  std::vector<IdMapping> uid_map{};
  std::vector<IdMapping> gid_map{};
};

/// A container that is mounted.
struct MountedContainer {
  std::string id;
  std::filesystem::path target;
  std::uint64_t count = 0;

  friend bool operator==(const MountedContainer&, const MountedContainer&) = default;
};

}  // namespace bayplan::containers
