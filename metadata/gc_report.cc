#include "gc_report.h"

#include <algorithm>

namespace bayplan::metadata {
namespace {

// Short enough for a string without memory of its own: there may be a million of them.
constexpr std::string_view kUnreferred = "unreferenced";

// Kinds tell in byte order, so that there are few runs to merge.
void sort_by_node(const ObjectGraph& graph, std::vector<ObjectGraph::Id>& ids) {
  const auto is_before = [&](ObjectGraph::Id a, ObjectGraph::Id b) { return graph.is_before(a, b); };
  std::size_t runs = 2;
  while (runs > 1) {
    runs = 0;
    for (auto at = ids.begin(); at != ids.end(); ++runs) {
      const auto middle = std::is_sorted_until(at, ids.end(), is_before);
      const auto end = std::is_sorted_until(middle, ids.end(), is_before);
      std::inplace_merge(at, middle, end, is_before);
      at = end;
    }
  }
}

}  // namespace

GcRemoval removal(const ObjectGraph& graph, ObjectGraph::Id id) {
  const std::string_view reason = graph.reason(id);
  return {graph.node(id), std::string(reason.empty() ? kUnreferred : reason), graph.bytes(id)};
}

GcReport unkept_report(const ObjectGraph& graph) {
  GcReport report{.marked = graph.kept(), .next_expiry = graph.next_expiry()};
  std::vector<ObjectGraph::Id> unreached = graph.unreached();
  sort_by_node(graph, unreached);
  report.removed.reserve(unreached.size());
  for (const ObjectGraph::Id id : unreached) report.removed.push_back(removal(graph, id));
  return report;
}

}  // namespace bayplan::metadata
