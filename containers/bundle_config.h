// The config.json of a bundle: the recorded runtime spec, bound to the place where it runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::containers {

/// The cgroup of a container, relative to its supervisor's: "bayplan-<ns>+<id>-<device>-<inode>" of its run
/// directory `directory` (an open one). Containers of two stores may have one name, and a runtime ends
/// whatever it finds in the cgroup. Errors: io.
Result<std::string> cgroup_name(int directory, std::string_view ns, std::string_view id);

/// What a start puts into a runtime spec.
struct ConfigPlace {
  std::string root;
  std::string cgroup{};          ///< cgroup_name(); empty: none
  std::int64_t pod_process = 0;  ///< of a pod's infrastructure container; 0: none
};

/// `spec` with the place's root for its root.path, whatever it names (one made elsewhere could name the
/// host's), with its cgroup as linux.cgroupsPath unless it names one, and, if it has kJoinsPodAnnotation,
/// with the network, IPC and UTS namespaces of the pod's process where it would have new ones. Errors:
/// invalid_argument, too_large (no runtime spec).
Result<std::string> bound_config(std::string_view spec, const ConfigPlace& place);

}  // namespace bayplan::containers
