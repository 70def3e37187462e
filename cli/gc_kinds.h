// Every kind of object this command knows, for collecting and checking.
#pragma once

#include <vector>

#include "bayplan/containers/containers.h"
#include "bayplan/containers/gc_kinds.h"
#include "bayplan/containers/sandboxes.h"
#include "bayplan/images/store.h"

namespace bayplan::cli {

using containers::CollectedKinds;

/// Those of objects that may use images, beside those of the store.
inline std::vector<const metadata::GcKind*> users_of_images() {
  return {&containers::container_gc_kind(), &containers::sandboxes::gc_kind()};
}

inline std::vector<const metadata::GcKind*> all_kinds(const images::Store& store) {
  auto kinds = store.gc_kinds();
  for (const metadata::GcKind* kind : containers::gc_kinds()) kinds.push_back(kind);
  return kinds;
}

}  // namespace bayplan::cli
