// The verbs of `snapshot`, by what they do; cmd_snapshot.cc puts them together.
#pragma once

#include "session.h"

namespace bayplan::cli {

/// prepare, view, commit, rm.
void add_snapshot_change_commands(CLI::App& snapshot, Session& session);
/// mounts, mount, unmount.
void add_snapshot_mount_commands(CLI::App& snapshot, Session& session);

/// Where something is mounted now.
void print_mounted(const Session& session, const snapshots::MountPoint& at);
/// How many of its mounts are left.
void print_unmounted(const Session& session, std::uint64_t left);

}  // namespace bayplan::cli
