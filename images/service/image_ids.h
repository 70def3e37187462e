// Which image a target comes down to.
#pragma once

#include <map>
#include <mutex>

#include "bayplan/images/image_id.h"
#include "target_choice.h"

namespace bayplan::images {

struct TargetImage {
  ImageId id;
  Digest manifest;  ///< of the target's manifests the one that is meant
};

/// Reads documents, and remembers what each manifest said: its digest vouches for that. Thread-safe.
class ImageIds {
 public:
  /// Of an index, what serves this host; where nothing does, the first manifest of which everything is there.
  /// Errors: as choose_stored; unsupported (a config named by another algorithm than sha256).
  Result<TargetImage> of(Store& store, const metadata::BucketSource& source, std::string_view ns,
                         const Descriptor& target);

 private:
  std::optional<ImageId> remembered(const Digest& manifest) const;
  void remember(const Digest& manifest, const ImageId& id);

  mutable std::mutex mutex_{};
  std::map<Digest, ImageId> of_manifest_{};
};

/// The manifest that `target` comes down to, as ImageIds has it, with its document. Errors: as ImageIds::of.
Result<ManifestChoice> choose_image(Store& store, const metadata::BucketSource& source, std::string_view ns,
                                    StoredDocuments& documents, const Descriptor& target);

}  // namespace bayplan::images
