// Why an object is still there, and who refers to it.
#include <algorithm>
#include <queue>

#include "bayplan/metadata/gc.h"
#include "object_graph.h"

namespace bayplan::metadata {
namespace {

using Id = ObjectGraph::Id;
using Referrers = std::vector<std::vector<ObjectGraph::Reference>>;

// Chains that are looked at before it is enough, complete or not.
constexpr std::size_t kMostSteps = 100'000;
// Why a root is one that its kind did not tell as one.
constexpr std::string_view kStays = "of no kind that is collected here";

Result<void> check_kind(GcKinds kinds, const GcNode& node) {
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const GcKind* kind) { return kind->kind() == node.kind; });
  if (found != kinds.end()) return {};
  return Error(Errc::invalid_argument, "kind", node.kind, "there are no objects of this kind");
}

/// Walks from an object to roots, along all references at once: the shortest chains are complete first.
class ChainSearch {
 public:
  ChainSearch(const ObjectGraph& graph, const Referrers& referrers) : graph_(graph), referrers_(referrers) {}

  GcAnswer run(Id object, std::size_t limit) {
    GcAnswer answer{.exists = graph_.exists(object), .chains = {}};
    if (!answer.exists) return answer;
    steps_.push_back({object, kNone, {}});
    for (std::size_t at = 0; at < steps_.size(); ++at) {
      answer.more = answer.chains.size() == limit || at == kMostSteps;
      if (answer.more) break;
      if (graph_.is_root(steps_[at].id)) answer.chains.push_back(chain(at));
      extend(at);
    }
    return answer;
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};
  struct Step {
    Id id;
    std::size_t towards;   // the object: the step before it in the search
    std::string_view why;  // of the reference to that one
  };

  void extend(std::size_t at) {
    for (const ObjectGraph::Reference& reference : referrers_[steps_[at].id]) {
      if (!graph_.reached(reference.from) || is_on_way(at, reference.from)) continue;
      if (steps_.size() > kMostSteps) return;
      steps_.push_back({reference.from, at, reference.why});
    }
  }

  bool is_on_way(std::size_t at, Id id) const {
    for (; at != kNone; at = steps_[at].towards) {
      if (steps_[at].id == id) return true;
    }
    return false;
  }

  std::vector<GcLink> chain(std::size_t at) const {
    std::vector<GcLink> links;
    std::string_view why = graph_.reason(steps_[at].id);
    if (why.empty()) why = kStays;
    for (; at != kNone; at = steps_[at].towards) {
      links.push_back({graph_.node(steps_[at].id), std::string(why)});
      why = steps_[at].why;
    }
    return links;
  }

  const ObjectGraph& graph_;
  const Referrers& referrers_;
  std::vector<Step> steps_;
};

}  // namespace

Result<GcAnswer> why(const BucketSource& source, GcKinds kinds, const GcNode& node, std::size_t limit,
                     const Control& control) {
  BAYPLAN_TRY(check_kind(kinds, node));
  ObjectGraph graph(kinds);
  BAYPLAN_TRY(graph.scan(source, control));
  graph.mark();
  const Id object = graph.find(node.kind, node.ns, node.key);
  if (object == 0) return GcAnswer{};
  const Referrers all = graph.referrers();
  return ChainSearch(graph, all).run(object, limit);
}

Result<std::vector<GcLink>> referrers(const BucketSource& source, GcKinds kinds, const GcNode& node,
                                      const Control& control) {
  BAYPLAN_TRY(check_kind(kinds, node));
  ObjectGraph graph(kinds);
  BAYPLAN_TRY(graph.scan(source, control));
  std::vector<GcLink> found;
  const Id object = graph.find(node.kind, node.ns, node.key);
  if (object == 0) return found;
  const Referrers all = graph.referrers();
  for (const ObjectGraph::Reference& reference : all[object])
    found.push_back({graph.node(reference.from), std::string(reference.why)});
  return found;
}

}  // namespace bayplan::metadata
