#include "remote_arguments.h"

#include <mutex>

#include "bayplan/images/registry_module.h"

namespace bayplan::cli {
namespace {

// In a build tree the module lies beside the command.
std::filesystem::path module_path() {
  std::error_code unknown;
  const std::filesystem::path directory =
      std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path();
  const std::filesystem::path beside = directory / images::kRegistryModule;
  if (std::filesystem::exists(beside, unknown)) return beside;
  return directory.parent_path() / BAYPLAN_LIBDIR / "bayplan" / images::kRegistryModule;
}

// Never shows what it was given.
std::string check_credentials(const std::string& text) {
  const std::size_t colon = text.find(':');
  return colon == std::string::npos || colon == 0 ? "is USER:PASSWORD" : "";
}

images::RegistryCredentials credentials_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  return {.user = text.substr(0, colon), .password = text.substr(colon + 1)};
}

}  // namespace

void add_connection_options(CLI::App& command, RemoteArguments& arguments) {
  command.add_option("--authfile", arguments.auth_file,
                     "File with credentials; default: REGISTRY_AUTH_FILE, else where logins are kept");
  command.add_flag_function(
      "--tls-verify{true}", [&arguments](std::int64_t verify) { arguments.verify_tls = verify > 0; },
      "Only verified TLS; --tls-verify=false: any certificate, or plain HTTP");
  command.add_option("--cert-dir", arguments.certificates,
                     "Directory with the authority (*.crt) and client certificate (*.cert, *.key)");
  command.add_option("--registries-conf", arguments.registries_file, "registries.conf to go by, it alone");
}

void add_remote_options(CLI::App& command, RemoteArguments& arguments) {
  command
      .add_option("--creds", arguments.credentials,
                  "USER:PASSWORD for the registry, in place of those of files")
      ->check(CLI::Validator(check_credentials, "", "credentials"));
  add_connection_options(command, arguments);
}

Result<images::RemoteContext> remote_context(const RemoteArguments& arguments) {
  images::RemoteContext context{.dirs = images::ConfigDirs::of_process()};
  if (!arguments.auth_file.empty()) context.dirs.auth_file = arguments.auth_file;
  if (!arguments.registries_file.empty()) context.dirs.registries_file = arguments.registries_file;
  if (!arguments.credentials.empty()) context.credentials = credentials_of(arguments.credentials);
  context.connection.verify_tls = arguments.verify_tls;
  context.connection.certificates = arguments.certificates;
  context.policy_file = arguments.policy_file;
  if (!arguments.platform.empty()) {
    BAYPLAN_ASSIGN(context.platform, images::parse_platform(arguments.platform));
  }
  return context;
}

struct RegistryClient::State {
  std::mutex mutex;
  std::unique_ptr<images::Registry> client;
};

RegistryClient::RegistryClient() : state_(std::make_unique<State>()) {}
RegistryClient::~RegistryClient() = default;

images::RegistryProvider RegistryClient::provider() {
  return [state = state_.get()]() -> Result<images::Registry*> {
    const std::scoped_lock lock(state->mutex);
    if (!state->client) {
      BAYPLAN_ASSIGN(state->client, images::load_registry(module_path(), {}));
    }
    return state->client.get();
  };
}

}  // namespace bayplan::cli
