// An image in a registry as a source: its documents, which are kept in memory. Its other blobs come in by
// BlobDownloads.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "bayplan/images/store.h"
#include "image_source.h"
#include "remote_image.h"

namespace bayplan::images {

/// Documents that the namespace has come from the store. Not thread-safe. Borrows all it is given.
class RegistrySource final : public ImageSource {
 public:
  RegistrySource(Store& store, std::string_view ns, const RemoteImage& remote, const Control& control)
      : store_(store), ns_(ns), remote_(remote), control_(control) {}

  /// Leaves out all manifests that do not serve `platform` (the host's when empty): size() denies them.
  /// Errors: not_found (there is none for it), those of document() and the parsers.
  Result<void> choose(const std::optional<Platform>& platform);

  /// A layer that may be missing is asked for; all else is believed to be there.
  Result<std::optional<std::uint64_t>> size(const Descriptor& descriptor) const override;
  /// Errors: also those of Registry, and too_large (all together over kMaxGraphBytes).
  Result<std::string> document(const Descriptor& descriptor) const override;
  Result<std::unique_ptr<ByteSource>> open(const Descriptor& descriptor) const override;

  /// Whether open() has it.
  bool holds(const Digest& digest) const { return documents_.contains(digest); }
  /// Bytes of documents that registries sent.
  std::uint64_t fetched() const noexcept { return fetched_; }

 private:
  Result<std::optional<std::string>> stored(const Descriptor& descriptor) const;
  Result<std::string> fetch(const Descriptor& descriptor) const;

  Store& store_;
  const std::string ns_;
  const RemoteImage& remote_;
  const Control& control_;
  std::optional<std::set<Digest>> chosen_{};  // of indexes and manifests; empty: all
  mutable std::map<Digest, std::string> documents_{};
  mutable std::uint64_t bytes_ = 0;  // of them
  mutable std::uint64_t fetched_ = 0;
};

}  // namespace bayplan::images
