// The image records of a namespace, sorted by the images that they come down to.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "service/image_ids.h"

namespace bayplan::images {

struct CatalogImage {
  Digest manifest;               ///< the one that is meant
  std::vector<Image> records{};  ///< in name order; never empty
  std::set<Digest> manifests{};  ///< that one, and what the records point at

  /// Without the record that keeps a nameless image.
  std::vector<std::string> names() const;
};

/// A plain value; does not follow what is changed later.
class Catalog {
 public:
  /// What is wrong with a record is remembered, not answered. Errors: closed, io.
  static Result<Catalog> read(Store& store, const metadata::BucketSource& source, std::string_view ns,
                              ImageIds& ids);

  const std::map<ImageId, CatalogImage>& images() const noexcept { return images_; }
  /// Errors: not_found.
  Result<const CatalogImage*> require(const ImageId& id) const;
  /// The image that the record belongs to; null: there is no such record, or it belongs to none.
  const ImageId* owner(std::string_view record) const;
  /// Why records belong to no image, by their names; an empty name where not even that can be read.
  /// failed_precondition: a document is absent.
  const std::map<std::string, Error, std::less<>>& problems() const noexcept { return problems_; }
  /// The one image whose ID begins so; empty: none, or several.
  std::optional<ImageId> by_prefix(std::string_view digits) const;

 private:
  Result<void> add(Store& store, const metadata::BucketSource& source, std::string_view ns, ImageIds& ids,
                   Image image);

  std::map<ImageId, CatalogImage> images_{};
  std::map<std::string, ImageId, std::less<>> owners_{};
  std::map<std::string, Error, std::less<>> problems_{};
};

/// Whether it keeps the store from being read; everything else is a record's own.
bool is_of_store(const Error& error) noexcept;

/// What every call answers of an image that is not there.
Error image_not_known(std::string_view text);

}  // namespace bayplan::images
