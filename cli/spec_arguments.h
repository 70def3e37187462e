// What the command line says of a container's process, in place of what its image does.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "bayplan/containers/spec.h"

namespace bayplan::cli {

struct SpecArguments {
  containers::SpecOptions spec{};
  std::string entrypoint{};

  /// Whether any of it was given.
  bool any() const;
};

/// --env, --user, --workdir, --hostname, --entrypoint, --read-only, --net-host, --tty.
void add_spec_options(CLI::App& command, SpecArguments& arguments);
/// Every positional from ARGS on is the container's, options too; "--" may stand before them. Options of
/// bayplan stand before the positionals.
void add_process_arguments(CLI::App& command, SpecArguments& arguments, const std::string& description);

/// An option that may be repeated, one value each.
CLI::Option* add_repeated(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                          const std::string& description);

/// Errors: invalid_argument (an option stands behind a positional).
Result<containers::SpecOptions> spec_of(SpecArguments arguments);

}  // namespace bayplan::cli
