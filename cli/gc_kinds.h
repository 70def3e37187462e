// Every kind of object this command knows, for collecting and checking.
#pragma once

#include <vector>

#include "bayplan/containers/containers.h"
#include "bayplan/containers/sandboxes.h"
#include "bayplan/images/store.h"

namespace bayplan::cli {

inline std::vector<const metadata::GcKind*> all_kinds(const images::Store& store) {
  auto kinds = store.gc_kinds();
  kinds.push_back(&containers::container_gc_kind());
  kinds.push_back(&containers::sandboxes::gc_kind());
  return kinds;
}

}  // namespace bayplan::cli
