// The documents of one image, out of the store, each no more than the limits allow and all of them together.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bayplan/images/store.h"
#include "manifest_choice.h"

namespace bayplan::images {

/// Borrows what it is given. Errors of every function: not_found (the require_ ones), digest_mismatch,
/// too_large, corrupt, closed, io, and those of the parsers.
class StoredDocuments final : public DocumentHolder {
 public:
  StoredDocuments(Store& store, const metadata::BucketSource& source, std::string_view ns)
      : store_(store), source_(source), ns_(ns) {}

  Result<Index> require_index(const Descriptor& descriptor);
  Result<Manifest> require_manifest(const Descriptor& descriptor);
  Result<ImageConfig> require_config(const Descriptor& descriptor);

  Result<std::optional<Index>> index(const Descriptor& descriptor) override;
  Result<std::optional<Manifest>> manifest(const Descriptor& descriptor) override;
  Result<std::optional<ImageConfig>> config(const Descriptor& descriptor) override;

 private:
  Result<void> count(const Descriptor& descriptor);
  Result<std::string> read(const Descriptor& descriptor);

  Store& store_;
  const metadata::BucketSource& source_;
  std::string_view ns_;
  std::size_t documents_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace bayplan::images
