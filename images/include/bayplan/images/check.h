// What of an image is there, and whether its bytes are what they should be.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "bayplan/base/progress.h"
#include "bayplan/images/images.h"
#include "bayplan/images/platform.h"
#include "bayplan/images/store.h"

namespace bayplan::images {

/// One manifest of an image.
struct PlatformCheck {
  Descriptor manifest;
  std::optional<Platform> platform{};  ///< normalised; empty where nothing that is there says it
  std::uint64_t blobs = 0;            ///< that the manifest names, and itself; only itself when it is missing
  std::uint64_t bytes = 0;            ///< of those
  std::vector<Descriptor> missing{};  ///< without record or file, of another size; damaged documents
  std::size_t layers = 0;
  std::size_t unpacked = 0;  ///< of these, how many are committed snapshots, in this store's snapshotter

  bool complete() const noexcept { return missing.empty(); }
};

struct ImageCheck {
  Image image;
  std::vector<Descriptor> missing_indexes{};  ///< damaged ones too; nothing below them is known
  std::vector<PlatformCheck> platforms{};     ///< in the order of the index; attestations and artifacts too
};

/// Looks at records, files and documents, never at layers. Errors: those of find(), too_large,
/// invalid_argument (a document that contradicts itself), unsupported, closed, io.
Result<ImageCheck> check_image(Store& store, const metadata::BucketSource& source, std::string_view ns,
                               std::string_view name_or_reference);

struct DamagedBlob {
  Descriptor blob;
  Error error;  ///< not_found, digest_mismatch, corrupt, io
};

struct ImageVerification {
  Image image;
  std::uint64_t blobs = 0;             ///< read whole and found good
  std::uint64_t bytes = 0;             ///< of those
  std::vector<Descriptor> absent{};    ///< without a record: the image is not complete
  std::vector<DamagedBlob> damaged{};  ///< recorded, but missing or other bytes
};

/// Reads every blob of the image that is recorded, of all platforms, and hashes it. Documents that cannot be
/// trusted end the walk below them. Errors: those of find(), too_large, cancelled, closed.
Result<ImageVerification> verify_image(Store& store, std::string_view ns, std::string_view name_or_reference,
                                       const Control& control);

}  // namespace bayplan::images
