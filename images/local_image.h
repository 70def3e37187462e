// What of an image need not be pulled, as the namespace has it.
#pragma once

#include <optional>
#include <string_view>

#include "bayplan/images/images.h"
#include "bayplan/images/pull.h"
#include "bayplan/images/transport.h"

namespace bayplan::images {

/// The image of exactly that name, if all its blobs that serve `platform` (the host's when empty), or simply
/// all, are there and no document is damaged. Errors: those of get() and image_parts, too_large.
Result<std::optional<Image>> whole_image(Store& store, std::string_view ns, std::string_view name,
                                         const std::optional<Platform>& platform, bool all_platforms);

/// The image that containers-storage:TEXT means. Errors: not_found, those of StorageReference::parse, get()
/// and resolve().
Result<Image> find_stored(Store& store, std::string_view ns, const StorageLocation& at);

/// Unpacks the image of that name, if it is a container image that was not yet and `options` ask for it, and
/// reports it. Errors: those of unpack().
Result<PullReport> use_local(Store& store, std::string_view ns, const Image& image,
                             const RemoteContext& context, const PullOptions& options,
                             const Control& control);

}  // namespace bayplan::images
