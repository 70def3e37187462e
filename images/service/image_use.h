// Who needs an image, and which of its layers are needed by others.
#pragma once

#include <set>
#include <string>

#include "bayplan/metadata/gc.h"

namespace bayplan::images {

using NameSet = std::set<std::string, std::less<>>;

/// What of one image is looked for in the edges of all other objects.
struct ImageTrace {
  NameSet records{};
  NameSet snapshots{};   ///< "<snapshotter>/<chainID>"
  std::string config{};  ///< digest
};

struct ImageUse {
  std::vector<metadata::GcNode> users{};  ///< objects of `users` that keep one of the records, or the config
  NameSet needed{};                       ///< snapshots that something else than a snapshot keeps
};

/// Tells what is kept by whom, as the collector sees it. Snapshots are not asked: there may be very many, and
/// those upon a layer its own record tells. Errors: corrupt, closed, io.
Result<ImageUse> image_use(const metadata::BucketSource& source, std::string_view ns, metadata::GcKinds own,
                           metadata::GcKinds users, const ImageTrace& trace);

}  // namespace bayplan::images
