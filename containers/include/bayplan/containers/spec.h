// The OCI runtime spec (1.1) of a container, generated from its image's config.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/documents.h"

namespace bayplan::containers {

/// With the value "true" it says that a container of a pod joins the network, IPC and UTS namespaces of the
/// pod's infrastructure container, where that runs when it is started: wherever linux.namespaces asks for new
/// ones. Generated configurations of members have it; a caller's own may.
inline constexpr std::string_view kJoinsPodAnnotation = "io.bayplan.joins-pod";

struct SpecOptions {
  std::vector<std::string> args{};  ///< replaces the image's Cmd; with `entrypoint` set, follows it
  std::optional<std::vector<std::string>>
      entrypoint{};                ///< replaces the image's Entrypoint, and drops its Cmd
  std::vector<std::string> env{};  ///< NAME=value, on top of the image's
  std::string working_dir{};       ///< replaces the image's
  std::string user{};              ///< "uid[:gid]" or names, replaces the image's
  std::string hostname{};
  bool terminal = false;  ///< of its own; TERM=xterm unless the image or `env` says otherwise
  bool read_only_rootfs = false;
  bool host_network =
      false;  ///< share the host's interfaces; its /etc/resolv.conf and /etc/hosts are not mounted
  bool joins_pod = false;  ///< kJoinsPodAnnotation; the services say it of members
};

/// Numeric ids a process runs with.
struct ProcessUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> additional_gids{};
};

/// Resolves a user specification ("" = "0", "name", "uid", "name:group", "uid:gid") against /etc/passwd and
/// /etc/group below `rootfs_fd` (a directory; -1 = numbers only), as runc and docker do: a number is never a
/// name, a user without a group gets the primary and supplementary groups of those files (0 and none for a
/// number that is not there), an explicit group stands alone. The files are opened beneath the rootfs, links
/// included, must be regular and at most 1 MiB; malformed lines are skipped. Numbers: 0..2^31-1. Errors:
/// not_found (name), invalid_argument (neither name nor number, out of range, no regular file), too_large
/// (file), permission_denied, io. Thread-safe.
Result<ProcessUser> resolve_user(std::string_view user, int rootfs_fd);

/// The spec as JSON: containerd's defaults (capabilities without inheritable ones, masked and read-only
/// paths, namespaces, rlimits, mounts), args = entrypoint + cmd. rootfs is "rootfs" relative to the bundle.
/// The environment of this process is not consulted. Errors: invalid_argument (nothing to run, environment
/// that is not NAME=value, a relative working directory, NUL or bytes that are not UTF-8). Thread-safe.
Result<std::string> generate_spec(const images::ImageConfig& config, const ProcessUser& user,
                                  const SpecOptions& options);

}  // namespace bayplan::containers
