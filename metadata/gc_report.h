// What a collection says of objects that nothing reaches.
#pragma once

#include "object_graph.h"

namespace bayplan::metadata {

GcRemoval removal(const ObjectGraph& graph, ObjectGraph::Id id);
/// GcReport of a dry run. Precondition: mark() was called.
GcReport unkept_report(const ObjectGraph& graph);

}  // namespace bayplan::metadata
