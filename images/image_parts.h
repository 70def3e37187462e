// What an image of the store is made of, and what of it is there.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "bayplan/images/documents.h"
#include "bayplan/images/store.h"

namespace bayplan::images {

struct ImagePart {
  Descriptor descriptor;
  bool present = false;  ///< recorded in the namespace, with this size
  bool readable = true;  ///< of documents: there, and the bytes it should be
};

struct IndexPart : ImagePart {
  std::vector<Digest> children{};  ///< that it names, in its order; none without a readable index
};

struct ManifestParts {
  ImagePart manifest;
  std::optional<Platform> platform{};   ///< as its index says, else as its config does
  std::optional<ImageConfig> config{};  ///< of container images, where it is there
  std::vector<ImagePart> blobs{};       ///< config and layers; none without a readable manifest
};

/// Everything reachable from a target; each document once.
struct ImageParts {
  std::vector<IndexPart> indexes{};
  std::vector<ManifestParts> manifests{};  ///< in the order of their indexes
  std::vector<ImagePart> others{};         ///< what an index names and is neither
};

/// What is missing or damaged is no error; nothing below it is known then. Errors: too_large (kMaxIndexDepth,
/// kMaxGraphNodes, kMaxGraphBytes), closed, io, those of the parsers.
Result<ImageParts> image_parts(Store& store, const metadata::BucketSource& source, std::string_view ns,
                               const Descriptor& target);

/// Whether a blob of this size is recorded. Errors: corrupt, closed, io.
Result<bool> is_recorded(const metadata::BucketSource& source, std::string_view ns,
                         const Descriptor& descriptor);
/// It is. Errors: not_found, naming it, corrupt, closed, io.
Result<void> require_recorded(const metadata::BucketSource& source, std::string_view ns,
                              const Descriptor& descriptor);

}  // namespace bayplan::images
