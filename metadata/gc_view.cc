#include "bayplan/metadata/gc_view.h"

#include <algorithm>

#include "bayplan/metadata/walk.h"
#include "gc_report.h"
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

/// A kind over records that may be damaged: each is looked at by itself.
class ReadableKind final : public GcKind {
 public:
  ReadableKind(const FileSource& source, const RecordGcKind& kind, const RecordReader::Damaged& damaged)
      : source_(&source), kind_(kind), damaged_(&damaged) {}

  std::string_view kind() const override { return kind_.kind->kind(); }
  Result<void> scan(const BucketSource& source, std::string_view ns, GcSink& sink) const override {
    const auto look = [&](const std::string& space, const std::string& key) -> Result<void> {
      auto looked = kind_.kind->look(source, space, key, sink);
      source_->forget();
      if (looked || !is_passable(looked.error())) return looked;
      return (*damaged_)({{space, std::string(to_string(kind_.records)), key}, looked.error()});
    };
    return RecordReader(source).for_each_key(kind_.records, ns, look, *damaged_);
  }
  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view key,
                    GcSink& sink) const override {
    return kind_.kind->look(source, ns, key, sink);
  }
  Result<void> remove(WriteTx& tx, const GcNode& node) const override { return kind_.kind->remove(tx, node); }
  Result<void> check(const BucketSource&, std::string_view, const ProblemSink&) const override { return {}; }

 private:
  const FileSource* source_;
  RecordGcKind kind_;
  const RecordReader::Damaged* damaged_;
};

}  // namespace

struct GcView::State {
  explicit State(GcKinds kinds, std::vector<ReadableKind> made = {})
      : readable(std::move(made)), graph(kinds) {}

  Id find(const GcNode& node) const { return graph.find(node.kind, node.ns, node.key); }

  std::vector<ReadableKind> readable;  // of the graph
  ObjectGraph graph;
  Referrers referrers{};
};

GcView::GcView(std::unique_ptr<State> state) : state_(std::move(state)) {}
GcView::GcView(GcView&&) noexcept = default;
GcView& GcView::operator=(GcView&&) noexcept = default;
GcView::~GcView() = default;

Result<GcView> GcView::finish(std::unique_ptr<State> state, Result<void> scanned) {
  if (!scanned) return std::move(scanned).error();
  state->graph.mark();
  state->referrers = state->graph.referrers();
  return GcView(std::move(state));
}

Result<GcView> GcView::read(const BucketSource& source, GcKinds kinds, const Control& control) {
  auto state = std::make_unique<State>(kinds);
  auto scanned = state->graph.scan(source, control);
  return finish(std::move(state), std::move(scanned));
}

Result<GcView> GcView::read_readable(const FileSource& source, std::span<const RecordGcKind> kinds,
                                     const RecordReader::Damaged& damaged, const Control& control) {
  std::vector<std::string> namespaces;
  const auto add = [&](const std::string& ns, const std::string&) -> Result<void> {
    namespaces.push_back(ns);
    return {};
  };
  BAYPLAN_TRY(RecordReader(source).for_each_key(RecordKind::namespaces, {}, add, damaged));
  std::vector<ReadableKind> readable;
  for (const RecordGcKind& kind : kinds) readable.emplace_back(source, kind, damaged);
  std::vector<const GcKind*> all;
  for (const ReadableKind& kind : readable) all.push_back(&kind);
  auto state = std::make_unique<State>(all, std::move(readable));
  auto scanned = state->graph.scan(source, namespaces, control);
  return finish(std::move(state), std::move(scanned));
}

bool GcView::exists(const GcNode& node) const {
  const Id id = state_->find(node);
  return id != 0 && state_->graph.exists(id);
}

GcAnswer GcView::why(const GcNode& node, std::size_t limit) const {
  const Id id = state_->find(node);
  return id == 0 ? GcAnswer{} : ChainSearch(state_->graph, state_->referrers).run(id, limit);
}

std::vector<GcLink> GcView::referrers(const GcNode& node) const {
  std::vector<GcLink> found;
  const Id id = state_->find(node);
  if (id == 0) return found;
  for (const ObjectGraph::Reference& reference : state_->referrers[id])
    found.push_back({state_->graph.node(reference.from), std::string(reference.why)});
  return found;
}

std::string GcView::reason(const GcNode& node) const {
  const Id id = state_->find(node);
  return id == 0 ? std::string() : std::string(state_->graph.reason(id));
}

GcReport GcView::unkept() const { return unkept_report(state_->graph); }

Result<GcAnswer> why(const BucketSource& source, GcKinds kinds, const GcNode& node, std::size_t limit,
                     const Control& control) {
  BAYPLAN_TRY(check_kind(kinds, node));
  BAYPLAN_ASSIGN(const GcView view, GcView::read(source, kinds, control));
  return view.why(node, limit);
}

Result<std::vector<GcLink>> referrers(const BucketSource& source, GcKinds kinds, const GcNode& node,
                                      const Control& control) {
  BAYPLAN_TRY(check_kind(kinds, node));
  BAYPLAN_ASSIGN(const GcView view, GcView::read(source, kinds, control));
  return view.referrers(node);
}

}  // namespace bayplan::metadata
