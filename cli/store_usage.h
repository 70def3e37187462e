// What a store holds, and on whose account.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bayplan/images/store.h"

namespace bayplan::cli {

/// One object.
struct ObjectUsage {
  metadata::GcNode node;
  /// Disk space of an object that has files; of an image all that it leads to; of a container its snapshot.
  std::uint64_t bytes = 0;
  std::uint64_t shared = 0;  ///< of an image: how much of that other images lead to as well
  bool reclaimable = false;  ///< the next collection takes it
};

/// All objects of one kind, in all namespaces. What several of them share counts once, and is reclaimable
/// when all of them are.
struct KindUsage {
  std::string kind;
  std::uint64_t total = 0;
  std::uint64_t in_use = 0;  ///< not reclaimable; of images: what a container or another object keeps
  std::uint64_t reclaimable = 0;
  std::uint64_t bytes = 0;  ///< of files; none for records that have no files
  std::uint64_t reclaimable_bytes = 0;
};

struct StoreUsage {
  std::vector<KindUsage> kinds;  ///< the environment's own last, as "database": rows, and free pages
  std::vector<ObjectUsage> objects;
};

/// Errors: cancelled, corrupt, closed, io, and those of measuring snapshots that are written to.
Result<StoreUsage> measure(images::Store& store, const Control& control);

}  // namespace bayplan::cli
