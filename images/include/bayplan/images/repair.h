// Damaged blobs of an image, brought back from a copy of it.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "bayplan/images/check.h"

namespace bayplan::images {

struct ImageRepair {
  std::vector<Descriptor> repaired{};  ///< in the order in which they were found damaged
  ImageVerification after;             ///< `damaged`: what the copy could not bring back
};

/// Verifies the image; each damaged blob that `source` holds (a layout directory or an archive, as import()
/// takes it) is written beside, checked, and takes its place in one step, as content::repair() does. What
/// lies below a document that was damaged is looked at once that is whole. Snapshots and records stay as they
/// are. A source that holds other bytes changes nothing. Errors: those of verify_image() and of import()
/// where it reads the source, no_space.
Result<ImageRepair> repair_image(Store& store, std::string_view ns, std::string_view name_or_reference,
                                 const std::filesystem::path& source, const Control& control);

}  // namespace bayplan::images
