// Whether an endpoint and a repository are what they have to be before anything is built from them.
#pragma once

#include <string_view>

#include "bayplan/images/registry.h"
#include "url.h"

namespace bayplan::registry {

/// "https://host:port/v2/". Errors: invalid_argument.
Result<Url> endpoint_address(const images::RegistryEndpoint& endpoint);

/// Errors: invalid_argument (more than one way to identify, or half of one).
Result<void> check_credentials(const images::RegistryCredentials& credentials);

/// Errors: invalid_argument (not the path of a reference).
Result<void> check_repository_path(std::string_view path);

/// Errors: invalid_argument (not a tag).
Result<void> check_tag(std::string_view tag);

/// The tag, checked, or the digest, as text of a path. Errors: invalid_argument.
Result<std::string> manifest_name_text(const images::ManifestName& name);

}  // namespace bayplan::registry
