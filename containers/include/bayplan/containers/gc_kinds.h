// All kinds of objects that there are, for who collects or checks a store.
#pragma once

#include <memory>
#include <vector>

#include "bayplan/images/store.h"
#include "bayplan/metadata/gc.h"

namespace bayplan::containers {

/// Those of this folder: container, sandbox, task, reservation. They live as long as the process.
std::vector<const metadata::GcKind*> gc_kinds();

/// Those of `store` and of this folder, and what has no objects but files. Borrows `store`.
class CollectedKinds {
 public:
  explicit CollectedKinds(const images::Store& store);
  metadata::GcKinds list() const noexcept { return kinds_; }

 private:
  std::unique_ptr<metadata::GcKind> directories_;
  std::vector<const metadata::GcKind*> kinds_;
};

}  // namespace bayplan::containers
