// bayplan: parses the command line, runs the chosen command, turns its error into words and an exit code.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "bayplan/base/version.h"
#include "bayplan/containers/service.h"
#include "bayplan/metadata/namespaces.h"
#include "exit_codes.h"
#include "session.h"

namespace bayplan::cli {
namespace {

const CancelToken* cancel_token = nullptr;

void on_signal(int) { cancel_token->cancel(); }

void cancel_on_signals(const CancelToken& token) {
  cancel_token = &token;
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void add_global_options(CLI::App& app, Session& session) {
  app.add_option("--root", session.root, "Directory of the store")
      ->envname("BAYPLAN_ROOT")
      ->capture_default_str();
  app.add_option("--run-root", session.run_root,
                 "Directory for mounts, bundles and owners of leases; may vanish at reboot")
      ->envname("BAYPLAN_RUN_ROOT")
      ->capture_default_str();
  app.add_option("-n,--namespace", session.ns, "Namespace of the records")
      ->envname("BAYPLAN_NAMESPACE")
      ->capture_default_str();
  app.add_option("--snapshotter", session.snapshotter,
                 "overlay or native; default: the best this process can do")
      ->envname("BAYPLAN_SNAPSHOTTER");
  app.add_option_function<std::string>(
         "--format",
         [&session](const std::string& name) {
           session.format = name == "json" ? Format::json : Format::table;
         },
         "table for people, json for programs")
      ->check(CLI::IsMember({"table", "json"}));
}

// Set but empty, it would mean the host's own store.
Result<void> check_variables() {
  for (const char* name : {"BAYPLAN_ROOT", "BAYPLAN_RUN_ROOT"}) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no other thread runs
    if (value == nullptr || *value != '\0') continue;
    return Error(Errc::invalid_argument, "variable", name, "is set, and empty")
        .with_advice("unset it for the default directory");
  }
  return {};
}

bool is_login(const CLI::App& app) {
  const auto nouns = app.get_subcommands();
  if (nouns.empty()) return false;
  const auto verbs = nouns.front()->get_subcommands();
  return !verbs.empty() && nouns.front()->get_name() == "image" && verbs.front()->get_name() == "login";
}

// What a login does not expect may be a password, which is not shown.
std::string failure_message(const CLI::App* app, const CLI::Error& error) {
  const bool unexpected = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  if (!unexpected || !is_login(*app)) return CLI::FailureMessage::simple(app, error);
  return CLI::FailureMessage::simple(
      app, CLI::ExtrasError("There were arguments that it does not take. There is no -p, as a password "
                            "would show in ps: use --password-stdin",
                            CLI::ExitCodes::ExtrasError));
}

int report(const Error& error) {
  std::fprintf(stderr, "bayplan: %s\n", error.to_string().c_str());
  return exit_code(error.code());
}

int run(int argc, char** argv) {
  Session session;
  session.root = metadata::default_root();
  session.run_root = containers::default_run_root();
  session.ns = metadata::kDefaultNamespace;
  cancel_on_signals(session.control.cancel);

  CLI::App app{"Images, layers, snapshots and containers of a host, in one store, without a daemon.",
               "bayplan"};
  app.set_version_flag("--version", "bayplan " BAYPLAN_VERSION);
  app.require_subcommand(1);
  app.failure_message(failure_message);
  app.fallthrough();  // global options may stand behind the verb too
  add_global_options(app, session);
  add_image_commands(app, session);
  add_content_commands(app, session);
  add_snapshot_commands(app, session);
  add_container_commands(app, session);
  add_pod_commands(app, session);
  add_sandbox_commands(app, session);
  add_namespace_commands(app, session);
  add_lease_commands(app, session);
  add_gc_command(app, session);
  add_system_commands(app, session);
  add_events_command(app, session);
  add_inspect_commands(app, session);

  if (auto valid = check_variables(); !valid) return report(valid.error());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  if (auto valid = metadata::validate_namespace(session.ns); !valid) return report(valid.error());
  auto result = session.chosen();
  if (!result) return report(result.error());
  if (std::fflush(stdout) != 0) return report(Error::from_errno(errno, "output", "standard output", "write"));
  return *result;
}

}  // namespace
}  // namespace bayplan::cli

int main(int argc, char** argv) { return bayplan::cli::run(argc, argv); }
