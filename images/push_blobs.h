// The blobs of a push, several at a time.
#pragma once

#include <string>
#include <vector>

#include "push_plan.h"

namespace bayplan::images {

struct PushedCounts {
  std::uint64_t uploaded = 0;
  std::uint64_t mounted = 0;
  std::uint64_t existed = 0;
  std::uint64_t bytes = 0;  ///< of the uploaded ones
};

/// Returns when none is under way any more; after the first error no more are begun, and those that are being
/// sent end early. Errors: those of Registry::push_blob and Store::open_blob; digest_mismatch tells whose
/// bytes are wrong.
Result<PushedCounts> push_blobs(Store& store, Registry& registry, const RemoteRepository& repository,
                                const std::vector<PushedPart>& blobs, std::uint64_t chunk_bytes,
                                const Control& control);

}  // namespace bayplan::images
