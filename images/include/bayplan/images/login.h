// Login: credentials are tried with their registry before they are stored.
#pragma once

#include <filesystem>
#include <string_view>

#include "bayplan/base/progress.h"
#include "bayplan/images/credentials.h"
#include "bayplan/images/remote_context.h"

namespace bayplan::images {

/// Asks the registry of `key` (as credential_key takes it) whether it takes `credentials`, and stores them
/// in `file` if it does (store_credentials). A registry that asks nobody who he is takes any. `context` says
/// how it is reached; its credentials are not used. Thread-safe. Errors: those of store_credentials, of
/// Registries::load and Registries::routes, of `registry`, and of Registry::ping: permission_denied
/// (refused), not_found (no registry answers there), failed_precondition (its certificate is not trusted),
/// io.
Result<void> login(std::string_view key, const RegistryCredentials& credentials,
                   const std::filesystem::path& file, const RegistryProvider& registry,
                   const RemoteContext& context, const Control& control);

}  // namespace bayplan::images
