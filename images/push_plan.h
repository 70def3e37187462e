// What a push sends, in which order: found out in the store before anybody is asked.
#pragma once

#include <string>
#include <vector>

#include "bayplan/images/push.h"
#include "bayplan/images/registry_reference.h"

namespace bayplan::images {

struct PushedPart {
  Descriptor blob;
  std::string mount_from{};  ///< a repository of the same registry that is said to have it; empty: none
};

struct PushPlan {
  Descriptor target;                    ///< a manifest or index, the last to be put
  std::vector<PushedPart> blobs{};      ///< each once
  std::vector<Descriptor> documents{};  ///< below the target, each after what it names
  std::vector<Descriptor> referrers{};  ///< documents that come after the target, in that order too
  std::vector<Digest> roots{};          ///< of those, what refers to something of the image
  std::vector<std::string> warnings{};
};

/// Reads the documents below `target` and looks for the file of every part. Errors: as push().
Result<PushPlan> plan_push(Store& store, const metadata::BucketSource& source, std::string_view ns,
                           const Descriptor& target, const RegistryReference& destination,
                           const std::optional<Platform>& platform, const PushOptions& options);

}  // namespace bayplan::images
