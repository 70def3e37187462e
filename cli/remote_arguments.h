// What commands that ask registries share: their options, and the client, which is loaded when it is needed.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "bayplan/images/remote_context.h"

namespace bayplan::cli {

struct RemoteArguments {
  std::string credentials{};  ///< USER:PASSWORD
  std::filesystem::path auth_file{};
  std::optional<bool> verify_tls{};
  std::filesystem::path certificates{};
  std::filesystem::path registries_file{};
  std::filesystem::path policy_file{};
  std::string platform{};
};

/// --authfile, --tls-verify, --cert-dir, --registries-conf.
void add_connection_options(CLI::App& command, RemoteArguments& arguments);
/// Those and --creds.
void add_remote_options(CLI::App& command, RemoteArguments& arguments);

/// From the arguments, and the environment for what they leave out. Errors: invalid_argument (a platform).
Result<images::RemoteContext> remote_context(const RemoteArguments& arguments);

/// The registry client of this process. Thread-safe.
class RegistryClient {
 public:
  RegistryClient();
  ~RegistryClient();
  RegistryClient(const RegistryClient&) = delete;
  RegistryClient& operator=(const RegistryClient&) = delete;

  /// Loads the module at its first call: from beside the command, or from where it is installed. Must not
  /// outlive this. Errors: those of images::load_registry.
  images::RegistryProvider provider();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bayplan::cli
