// The verbs that have files of their own, by what they do; cmd_<noun>.cc puts those of its noun together.
#pragma once

#include "session.h"

namespace bayplan::cli {

/// ingest, active, abort.
void add_content_ingest_commands(CLI::App& content, Session& session);
/// verify, repair.
void add_content_verify_commands(CLI::App& content, Session& session);

void add_image_pull_command(CLI::App& image, Session& session);
void add_image_unpack_command(CLI::App& image, Session& session);
void add_image_export_command(CLI::App& image, Session& session);
void add_image_push_command(CLI::App& image, Session& session);
/// login, logout.
void add_image_login_commands(CLI::App& image, Session& session);
/// check, verify, repair.
void add_image_check_commands(CLI::App& image, Session& session);
/// status, tag, untag, search-names.
void add_image_name_commands(CLI::App& image, Session& session);
/// mount, unmount.
void add_image_mount_commands(CLI::App& image, Session& session);

/// create, run.
void add_container_create_commands(CLI::App& container, Session& session);
/// start, stop.
void add_container_start_commands(CLI::App& container, Session& session);
/// mount, unmount, workdir, rundir.
void add_container_mount_commands(CLI::App& container, Session& session);
/// metadata, exec-config.
void add_container_metadata_commands(CLI::App& container, Session& session);

/// prepare, view, commit, rm.
void add_snapshot_change_commands(CLI::App& snapshot, Session& session);
void add_snapshot_diff_command(CLI::App& snapshot, Session& session);
/// mounts, mount, unmount.
void add_snapshot_mount_commands(CLI::App& snapshot, Session& session);

}  // namespace bayplan::cli
