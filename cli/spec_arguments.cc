#include "spec_arguments.h"

namespace bayplan::cli {

bool SpecArguments::any() const {
  return !spec.args.empty() || !spec.env.empty() || !spec.user.empty() || !spec.working_dir.empty() ||
         !spec.hostname.empty() || !entrypoint.empty() || spec.read_only_rootfs || spec.host_network ||
         spec.terminal;
}

// Without the three calls a repeatable option would eat the positionals that follow it.
CLI::Option* add_repeated(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                          const std::string& description) {
  return command.add_option(name, values, description)->take_all()->expected(1)->allow_extra_args(false);
}

void add_spec_options(CLI::App& command, SpecArguments& arguments) {
  auto& spec = arguments.spec;
  add_repeated(command, "--env", spec.env, "NAME=value, may be repeated");
  command.add_option("--user", spec.user, "user[:group] or uid[:gid]");
  command.add_option("--workdir", spec.working_dir, "Working directory inside the container");
  command.add_option("--hostname", spec.hostname, "Host name inside the container");
  command.add_option("--entrypoint", arguments.entrypoint, "Replaces the image's entrypoint");
  command.add_flag("--read-only", spec.read_only_rootfs, "Mount the rootfs read-only");
  command.add_flag("--net-host", spec.host_network, "Share the host's network");
  command.add_flag("-t,--tty", spec.terminal, "Give the process a terminal");
}

void add_process_arguments(CLI::App& command, SpecArguments& arguments, const std::string& description) {
  command.add_option("ARGS", arguments.spec.args, description);
  command.positionals_at_end();
}

Result<containers::SpecOptions> spec_of(SpecArguments arguments) {
  auto& args = arguments.spec.args;
  if (!args.empty() && args.front() == "--") {
    args.erase(args.begin());
  } else if (!args.empty() && args.front().starts_with('-')) {
    return Error(Errc::invalid_argument, "command", args.front(), "options stand before the names")
        .with_advice("put -- before a command that really begins with a dash");
  }
  if (!arguments.entrypoint.empty()) arguments.spec.entrypoint = {arguments.entrypoint};
  return std::move(arguments.spec);
}

}  // namespace bayplan::cli
