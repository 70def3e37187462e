// RemoteContext: what a caller knows for one call that may ask a registry. What it leaves out comes from the
// files that container tools share, and from the host.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "bayplan/images/config_dirs.h"
#include "bayplan/images/platform.h"
#include "bayplan/images/registries.h"
#include "bayplan/images/registry.h"
#include "bayplan/images/registry_endpoint.h"

namespace bayplan::images {

/// A plain value. Nothing in it is looked at before a call needs it, and nothing of it is stored.
struct RemoteContext {
  /// Where the files are; auth_file and registries_file in it stand alone, where they are set. A default
  /// RemoteContext knows of no file at all: programs begin with ConfigDirs::of_process().
  ConfigDirs dirs{};
  /// For the registry that the reference names, in place of the files'; a mirror elsewhere never gets them.
  /// Without user and token: anonymous, whatever the files say.
  std::optional<RegistryCredentials> credentials{};
  /// CA and client certificates, and whether TLS is asked for.
  ConnectionOverrides connection{};
  /// The signature policy (signature_policy.h); empty: the one in `dirs`, and without one everything is
  /// accepted.
  std::filesystem::path policy_file{};
  /// Of an index, what is meant; the host's when empty.
  std::optional<Platform> platform{};
};

/// Answers the client to ask registries with, which has to outlive the call that it is handed to. Called when
/// it turns out that a registry must be asked, so that what needs none loads none (registry_module.h). May be
/// called several times, by several threads. Its errors are handed on.
using RegistryProvider = std::function<Result<Registry*>()>;

}  // namespace bayplan::images
