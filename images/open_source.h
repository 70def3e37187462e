// Which format a path holds.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "image_source.h"

namespace bayplan::images {

struct OpenedSource {
  std::unique_ptr<ImageSource> source;
  std::vector<SourceImage> images;
};

/// A directory is a layout; a file, or standard input where `path` is "-", is an archive of a layout, else of
/// docker save. `blobs` must outlive the
/// source. Errors: those of LayoutSource::open, ArchiveSource::open, check_layout_version, read_index_json,
/// read_docker_archive, check_same_images.
Result<OpenedSource> open_source(content::Store& blobs, const std::filesystem::path& path,
                                 std::string_view base, const Control& control);

}  // namespace bayplan::images
