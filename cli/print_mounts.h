// What `snapshot mount` and `image mount` print, and what unmounting does.
#pragma once

#include <cstdint>

#include "bayplan/snapshots/mounts.h"
#include "session.h"

namespace bayplan::cli {

/// Where something is mounted now.
void print_mounted(const Session& session, const snapshots::MountPoint& at);
/// How many of its mounts are left.
void print_unmounted(const Session& session, std::uint64_t left);

}  // namespace bayplan::cli
