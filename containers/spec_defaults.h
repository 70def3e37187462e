// The parts of a runtime spec that do not depend on the image.
#pragma once

#include <string_view>

#include "bayplan/base/json.h"

namespace bayplan::containers {

/// Where the rootfs is, relative to the bundle.
inline constexpr std::string_view kRootfsName = "rootfs";

/// Accepted by runc 1.1.5 and by crun 1.8.1, which refuses 1.2.0 ("unknown version specified").
inline constexpr std::string_view kOciVersion = "1.1.0";

inline constexpr std::string_view kDefaultPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Each writes one value; the caller has written its key.

void write_capabilities(json::Writer& out);
void write_rlimits(json::Writer& out);
void write_mounts(json::Writer& out);
/// Masked and read-only paths, devices, namespaces; no network namespace of its own with `host_network`.
void write_linux(json::Writer& out, bool host_network);

}  // namespace bayplan::containers
