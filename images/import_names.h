// What imported images are called.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "image_source.h"

namespace bayplan::images {

struct NamedImage {
  std::string name;  ///< canonical reference
  Descriptor target;
};

/// The last component of `source` as a reference's path component: lower case, without an archive's
/// extension.
std::string base_name(const std::filesystem::path& source);

/// What an entry of index.json calls its image, unchecked: io.containerd.image.name, else
/// org.opencontainers.image.ref.name, where a bare tag is put behind "localhost/<base>:". Empty when it does
/// not say.
std::vector<std::string> annotated_names(const Descriptor& descriptor, std::string_view base);

/// The names of the images of one source, each once. `wanted` (may be empty) is for the only image; the only
/// image of a source without any name is "localhost/<base>:latest"; others without a name are left out, with
/// a warning. Errors: invalid_argument (no reference; `wanted` with several images; one name for two images;
/// a digest that is not the image's), not_found (no image, or none with a name).
Result<std::vector<NamedImage>> name_images(const std::vector<SourceImage>& images, std::string_view wanted,
                                            std::string_view base, std::vector<std::string>& warnings);

}  // namespace bayplan::images
