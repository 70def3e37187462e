// Images as the services ask for them: by name, by ID, or by both.
#pragma once

#include "bayplan/images/stored_images.h"

namespace bayplan::containers {

struct ServiceImage {
  images::StoredImage stored;
  images::ImageConfig config;

  std::string id() const { return stored.id.to_string(); }
  /// A record that keeps it: its first name, or the one that nameless images have.
  std::string record() const;
};

/// With an ID that decides, else the name. Errors: not_found (nothing of the kind is stored; the message is
/// CRI-O's), those of images::StoredImages::lookup and open.
Result<ServiceImage> find_image(const images::StoredImages& images, const metadata::BucketSource& source,
                                std::string_view name, std::string_view id);
/// Whether `error` is find_image()'s not_found.
bool is_missing_image(const Error& error);

}  // namespace bayplan::containers
