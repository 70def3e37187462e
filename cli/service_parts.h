// What the verbs of pods and containers share beside the services themselves.
#pragma once

#include <filesystem>
#include <string>

#include "bayplan/base/time.h"
#include "services.h"
#include "spec_arguments.h"

namespace bayplan::cli {

inline constexpr const char* kPodHelp = "ID, name, or how one ID begins";
inline constexpr const char* kContainerHelp = "ID, name, or how one ID begins";

/// --config.
void add_config_option(CLI::App& command, std::filesystem::path& config);
/// The OCI runtime spec in that file, "-" for standard input. Errors: invalid_argument (`spec` says
/// something beside it), and those of read_argument.
Result<std::string> read_config(const std::filesystem::path& config, const SpecArguments& spec);

/// --sync, of what removes.
void add_sync_option(CLI::App& command, bool& sync);

/// Removes all of them, in this order, each unmounted and with what a runtime keeps of it. Nothing is removed
/// where one of them runs. Errors: failed_precondition (one runs), and those of
/// containers::remove_with_snapshot; what was removed stays so.
Result<void> remove_containers(const Session& session, const Services& services,
                               const std::vector<std::string>& ids, const containers::RemoveOptions& options);

/// When the container was made, to the second.
Time time_of(const containers::RuntimeMetadata& metadata);

/// The ID for people, and the directories too for programs.
void print_made(const Session& session, const containers::ContainerInfo& made);

}  // namespace bayplan::cli
