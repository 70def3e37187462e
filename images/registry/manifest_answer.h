// What a registry says of a manifest, and whether its bytes agree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bayplan/images/registry.h"
#include "header_fields.h"

namespace bayplan::registry {

/// What is asked for: the four kinds of manifests and indexes, OCI's first.
std::string accept_line();

/// Docker-Content-Digest. Empty where it is absent, or of an algorithm that is not checked here. Errors:
/// corrupt (not a digest).
Result<std::optional<Digest>> stated_digest(const HeaderFields& fields);

/// Errors: digest_mismatch, where `name` is a digest other than `found`.
Result<void> check_name(const images::ManifestName& name, const Digest& found);

/// The answer to a HEAD as a descriptor; empty where it does not say enough for one, so that the bytes have
/// to be asked. Errors: as Registry::resolve.
Result<std::optional<Descriptor>> read_head(const HeaderFields& fields, const images::ManifestName& name);

/// The answer to a GET. Errors: as Registry::fetch_manifest.
Result<images::RemoteManifest> read_manifest(const HeaderFields& fields, std::string bytes,
                                             const images::ManifestName& name);

}  // namespace bayplan::registry
