// Image records as they are stored (metadata/schema.h).
#pragma once

#include <optional>
#include <string_view>

#include "bayplan/images/images.h"

namespace bayplan::images {

inline constexpr std::string_view kImageKind = "image";

/// The bucket of all image records of a namespace; empty when there are none. Errors: corrupt, closed, io.
Result<std::optional<metadata::Bucket>> image_bucket(const metadata::BucketSource& source,
                                                     std::string_view ns);

/// The image that `record` holds; its name is a view of `name`. Errors: corrupt (naming the image), closed,
/// io.
Result<ImageView> view_record(const metadata::Bucket& record, std::string_view name);

/// The image at `entry` of the bucket of all. Errors: as view_record.
Result<ImageView> view_entry(const metadata::Bucket& images, const metadata::Entry& entry);

/// The digest of the record's target, as it is stored. Errors: corrupt, closed, io.
Result<std::string_view> target_digest(const metadata::Bucket& record);

}  // namespace bayplan::images
