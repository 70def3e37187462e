// What an OCI runtime keeps about a container, seen from outside.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::containers {

/// <run root>/.runtime: no namespace can be called that.
std::filesystem::path runtime_state_root(const std::filesystem::path& run_root);
/// <ns>+<id>: neither can hold a '+', so no two containers share one.
std::string runtime_id(std::string_view ns, std::string_view id);

/// Ends what the runtime left of a container whose supervisor is gone, with `runtime` (find_runtime() when
/// empty); nothing left is fine. Precondition: the container's BundleDir is held. Errors: not_found (no
/// runtime), failed_precondition (it refused), permission_denied, io.
Result<void> end_leftover(const std::filesystem::path& run_root, std::string_view ns, std::string_view id,
                          const std::filesystem::path& runtime = {});

}  // namespace bayplan::containers
