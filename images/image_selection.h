// Which parts of an image go along when it leaves the store.
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "bayplan/images/documents.h"
#include "bayplan/images/store.h"

namespace bayplan::images {

/// Layers that may not be distributed, and are never fetched from their urls.
enum class Undistributable : unsigned char {
  if_present,  ///< go along where they are there
  never,       ///< stay
};

/// Each once.
struct SelectedParts {
  std::vector<Descriptor> indexes{};    ///< what an index names stands before it
  std::vector<Descriptor> manifests{};  ///< in the order of their indexes
  std::vector<Descriptor> blobs{};      ///< all else
  std::vector<Descriptor> left_out{};   ///< those layers that stay
};

/// Of the manifests below `target`, an index, the one that serves each of `platforms` best. Errors:
/// not_found (a platform; the index), too_large, digest_mismatch, corrupt, closed, io, those of the parsers.
Result<std::vector<Descriptor>> choose_manifests(Store& store, const metadata::BucketSource& source,
                                                 std::string_view ns, const Descriptor& target,
                                                 const std::vector<Platform>& platforms);

/// What is below `target`, and it. With `only`, of the manifests only those, and of the indexes below it
/// those that are there. Errors: not_found (a part, by its digest), digest_mismatch (a damaged document), and
/// those of image_parts.
Result<SelectedParts> select_parts(Store& store, const metadata::BucketSource& source, std::string_view ns,
                                   const Descriptor& target, const std::optional<std::set<Digest>>& only,
                                   Undistributable undistributable);

}  // namespace bayplan::images
