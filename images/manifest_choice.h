// Which manifest below an image's target runs on a platform. Reads no more documents than it takes to know.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bayplan/images/documents.h"

namespace bayplan::images {

/// Documents by descriptor, each verified before it is parsed; empty where the holder lacks one.
/// Errors: whatever prevents an answer.
class DocumentHolder {
 public:
  virtual ~DocumentHolder() = default;
  virtual Result<std::optional<Index>> index(const Descriptor& descriptor) = 0;
  virtual Result<std::optional<Manifest>> manifest(const Descriptor& descriptor) = 0;
  virtual Result<std::optional<ImageConfig>> config(const Descriptor& descriptor) = 0;
};

struct ManifestChoice {
  Descriptor descriptor;
  std::optional<Manifest> document{};  ///< empty when the holder lacks it
};

/// Not thread-safe; one use.
class ManifestChooser {
 public:
  ManifestChooser(DocumentHolder& documents, Platform wanted)
      : documents_(documents), wanted_(std::move(wanted)) {}

  /// The manifest of a container image that serves best, the earlier of equals; empty when none does. Never
  /// an attestation (unknown/unknown). Entries that name no platform have that of their config, if it is
  /// there. Errors: too_large (indexes deeper than kMaxIndexDepth), the holder's.
  Result<std::optional<ManifestChoice>> choose(const ChildDescriptor& target);

  /// The platforms that were passed over, at most 16.
  const std::vector<std::string>& others() const noexcept { return others_; }

 private:
  Result<void> consider(const ChildDescriptor& child, std::size_t depth);
  Result<void> consider_index(const Descriptor& descriptor, std::size_t depth);
  Result<void> consider_manifest(const ChildDescriptor& child);
  Result<std::optional<Platform>> platform_of(const ChildDescriptor& child,
                                              const std::optional<Manifest>& document);

  DocumentHolder& documents_;
  Platform wanted_;
  std::set<Digest> seen_{};
  std::optional<ManifestChoice> best_{};
  std::size_t best_rank_ = 0;
  std::vector<std::string> others_{};
};

/// What is said where no manifest serves (not_found).
Error none_for(const Platform& wanted, const std::vector<std::string>& others);

/// That `manifest`, by its config, runs on `wanted`; so does an artifact, which has no platform. Errors:
/// not_found (it does not; a document), the holder's.
Result<void> require_platform(DocumentHolder& documents, const Descriptor& manifest, const Platform& wanted);

}  // namespace bayplan::images
