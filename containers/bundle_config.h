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

/// `spec` with `root` for its root.path, whatever it names (one made elsewhere could name the host's), and
/// with `cgroup` as its linux.cgroupsPath unless it names one, or `cgroup` is empty. Errors:
/// invalid_argument, too_large (no runtime spec).
Result<std::string> bound_config(std::string_view spec, std::string_view root, std::string_view cgroup);

}  // namespace bayplan::containers
