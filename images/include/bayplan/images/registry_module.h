// The registry client as a module that a program loads when it needs one: until then it does not link
// libcurl, whose start alone costs milliseconds. Programs that always need it link bayplan::registry instead.
#pragma once

#include <filesystem>
#include <memory>

#include "bayplan/images/registry.h"

namespace bayplan::images {

/// The file name of the module.
inline constexpr const char* kRegistryModule = "bayplan-registry.so";

/// Loads the module at `path` and opens a client with a thread of its own (bayplan/registry/client.h). A
/// module stays loaded until the process ends. Thread-safe. Errors: not_found (no file there),
/// version_mismatch (of another build of bayplan), invalid_argument (no module of bayplan), and those of
/// registry::open_client.
Result<std::unique_ptr<Registry>> load_registry(const std::filesystem::path& path,
                                                const RegistryOptions& options);

}  // namespace bayplan::images
