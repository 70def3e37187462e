// From a name to what can be run: manifest, config and layers for one platform, read from the store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bayplan/images/documents.h"
#include "bayplan/images/images.h"
#include "bayplan/images/store.h"

namespace bayplan::images {

struct ResolvedImage {
  Image image;
  Descriptor manifest;  ///< for the platform
  Manifest document;
  ImageConfig config;
  std::optional<Digest> chain_id{};  ///< of the top layer; empty for an image without layers

  /// Image ID = digest of the config.
  const Digest& id() const noexcept { return document.config.digest; }
};

/// Finds an image by its exact name, else by the canonical form of it as a reference.
/// Errors: not_found, corrupt, closed, io.
Result<Image> find(const metadata::BucketSource& source, std::string_view ns,
                   std::string_view name_or_reference);

/// Reads and verifies the documents of an image for `platform` (the host's when empty), the config of the
/// chosen manifest included; layers need not be there. Of an index the manifest that serves the platform best
/// is taken, never an attestation. An image that is one manifest is taken whatever its platform, unless one
/// is asked for. Errors: not_found (image, no manifest for the platform, a document absent), unsupported (an
/// artifact, not a container image; docker schema 1), too_large (kMaxIndexDepth, kMaxGraphNodes,
/// kMaxGraphBytes), digest_mismatch, invalid_argument (documents that contradict themselves or one another),
/// corrupt, closed, io.
Result<ResolvedImage> resolve(Store& store, const metadata::BucketSource& source, std::string_view ns,
                              std::string_view name_or_reference,
                              const std::optional<Platform>& platform = {});

}  // namespace bayplan::images
