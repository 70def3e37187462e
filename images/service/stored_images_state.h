// What the functions of StoredImages share.
#pragma once

#include "bayplan/images/stored_images.h"
#include "service/catalog.h"

namespace bayplan::images {

struct StoredImages::State {
  State(Store& of_store, std::string_view of_ns) : store(of_store), ns(of_ns) {}

  Result<Catalog> catalog(const metadata::BucketSource& source) {
    return Catalog::read(store, source, ns, ids);
  }
  /// The manifest and the config of `image`. Errors: as StoredImages::open.
  Result<ResolvedImage> open(const metadata::BucketSource& source, const CatalogImage& image);

  Store& store;
  const std::string ns;
  ImageIds ids{};
};

/// What the records point at, each once.
std::vector<Descriptor> targets_of(const CatalogImage& image);

}  // namespace bayplan::images
