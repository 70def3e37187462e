#include "bayplan/containers/gc_kinds.h"

#include "bayplan/containers/containers.h"
#include "bayplan/containers/directories.h"
#include "bayplan/containers/name_registrar.h"
#include "bayplan/containers/sandboxes.h"
#include "bayplan/containers/tasks.h"

namespace bayplan::containers {

std::vector<const metadata::GcKind*> gc_kinds() {
  return {&container_gc_kind(), &sandboxes::gc_kind(), &tasks::gc_kind(), &reservation_gc_kind()};
}

CollectedKinds::CollectedKinds(const images::Store& store)
    : directories_(directories_gc_kind(store)), kinds_(store.gc_kinds()) {
  for (const metadata::GcKind* kind : gc_kinds()) kinds_.push_back(kind);
  kinds_.push_back(directories_.get());
}

}  // namespace bayplan::containers
