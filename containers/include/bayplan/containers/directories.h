// The directories of containers, as the collector sees them. The services make them (runtime_service.h).
#pragma once

#include <memory>

#include "bayplan/images/store.h"

namespace bayplan::containers {

/// A kind without objects, whose sweep removes the work and run directories that no container has and that
/// nobody is making: what a crash left. Borrows `store`.
std::unique_ptr<metadata::GcKind> directories_gc_kind(const images::Store& store);

}  // namespace bayplan::containers
