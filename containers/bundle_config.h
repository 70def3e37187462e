// The config.json of a bundle: the recorded runtime spec, bound to the place where it runs.
#pragma once

#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::containers {

/// The cgroup of a container, relative to its supervisor's: "bayplan-<ns>+<id>-<device>-<inode>" of its run
/// directory `directory` (an open one). Containers of two stores may have one name, and a runtime ends
/// whatever it finds in the cgroup. Errors: io.
Result<std::string> cgroup_name(int directory, std::string_view ns, std::string_view id);

/// `spec` with our rootfs, whatever root it names (one made elsewhere could name the host's), and with
/// `cgroup` as its linux.cgroupsPath unless it names one. Errors: invalid_argument, too_large (no runtime
/// spec).
Result<std::string> config_for_bundle(std::string_view spec, std::string_view cgroup);

/// `spec` with `root` for its root.path. Errors: as config_for_bundle.
Result<std::string> config_with_root(std::string_view spec, std::string_view root);

}  // namespace bayplan::containers
