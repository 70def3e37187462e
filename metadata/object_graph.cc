#include "object_graph.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <thread>
#include <tuple>
#include <utility>

#include "bayplan/metadata/namespaces.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max() - 1024;  // ids, with some to spare
constexpr std::size_t kMostNamespaces = std::numeric_limits<std::uint16_t>::max();

Error too_many(std::string_view what) {
  return Error(Errc::too_large, "store", {}, "holds more " + std::string(what) + " than can be followed");
}

std::string_view keep(std::string_view text, std::pmr::memory_resource& memory) {
  if (text.empty()) return {};
  auto* const bytes = static_cast<char*>(memory.allocate(text.size(), 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

}  // namespace

ObjectGraph::ObjectGraph(GcKinds kinds)
    : kinds_(kinds.begin(), kinds.end()), nodes_(1), reasons_(1), reason_numbers_{{{}, 0}} {
  for (const GcKind* kind : kinds_) {
    if (word_number(kind->kind()) == words_.size()) words_.push_back(kind->kind());
  }
}

void ObjectGraph::expect(std::uint64_t objects) {
  constexpr std::uint64_t kMostExpected = std::uint64_t{1} << 20;
  const auto expected = static_cast<std::size_t>(std::min(objects, kMostExpected));
  names_.expect(expected);
  nodes_.reserve(expected);
  objects_.reserve(expected);
  edges_.reserve(expected);
}

Result<void> ObjectGraph::scan(const BucketSource& source, const Control& control) {
  BAYPLAN_ASSIGN(const auto names, list_namespaces(source));
  return scan(source, names, control);
}

Result<void> ObjectGraph::scan(const BucketSource& source, const std::vector<std::string>& names,
                               const Control& control) {
  if (names.size() > kMostNamespaces) return too_many("namespaces");
  for (const std::string& ns : names) {
    telling_ns_ = namespace_number(ns);
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
      BAYPLAN_TRY(control.cancel.check());
      begin_telling(kind);
      BAYPLAN_TRY(kinds_[kind]->scan(source, ns, *this));
    }
  }
  take_waiting();
  return {};
}

Result<void> ObjectGraph::look(const BucketSource& source, std::string_view kind, std::string_view ns,
                               std::string_view key) {
  const std::size_t word = word_number(kind);
  if (word == words_.size()) return {};
  telling_ns_ = namespace_number(ns);
  if (namespaces_.size() > kMostNamespaces) return too_many("namespaces");
  const ObjectName name{static_cast<std::uint8_t>(word), telling_ns_, key};
  const Id id = intern(name, name.hash());
  nodes_[id].exists = false;
  nodes_[id].edges = 0;
  for (std::size_t n = 0; n < kinds_.size(); ++n) {
    begin_telling(n);
    if (telling_word_ == word) BAYPLAN_TRY(kinds_[n]->look(source, ns, key, *this));
  }
  take_waiting();
  nodes_[id].reach = Reach::full;
  pending_.push_back(id);  // even if it was reached before: its edges may be others now
  follow();
  return {};
}

void ObjectGraph::begin_telling(std::size_t kind) {
  telling_kind_ = kind;
  telling_word_ = word_number(kinds_[kind]->kind());
}

Result<void> ObjectGraph::object(const GcObject& object) {
  if (object.root && object.until)
    next_expiry_ = std::min(*object.until, next_expiry_.value_or(*object.until));
  return add(telling_word_, object.key,
             Node{.bytes = object.bytes,
                  .reason = reason_number(object.reason),
                  .owner = static_cast<std::uint8_t>(telling_kind_),
                  .exists = true,
                  .collectable = object.collectable,
                  .root = object.root});
}

Result<void> ObjectGraph::edge(const GcEdge& edge) {
  const std::size_t word = word_number(edge.kind);
  if (word == words_.size()) return {};
  return add(word, edge.key, Edge{0, reason_number(edge.why), edge.type, edge.flat});
}

Result<void> ObjectGraph::add(std::size_t word, std::string_view key, const std::variant<Node, Edge>& what) {
  if (nodes_.size() >= kMost) return too_many("objects");
  if (edges_.size() >= kMost) return too_many("references");
  if (waiting_.size() == kMostWaiting) take_waiting();
  const ObjectName name{static_cast<std::uint8_t>(word), telling_ns_, keep(key, waiting_keys_)};
  const std::uint32_t hash = name.hash();
  names_.fetch_slot(hash);
  waiting_.push_back({name, hash, 0, what});
  return {};
}

// Where there are more threads than processors, this one is the one that can wait: a writer that holds the
// lock and is kept from its processor holds up all others.
void ObjectGraph::take_waiting() {
  std::this_thread::yield();
  for (Told& told : waiting_) told.likely = names_.fetch_name(told.hash);
  for (const Told& told : waiting_) {
    names_.fetch_key(told.likely);
    __builtin_prefetch(&nodes_[told.likely]);
  }
  for (const Told& told : waiting_) {
    const Id id = intern(told.name, told.hash);
    std::visit([&](const auto& what) { take(id, what); }, told.what);
  }
  waiting_.clear();
  waiting_keys_.release();
}

ObjectGraph::Id ObjectGraph::intern(const ObjectName& name, std::uint32_t hash) {
  const Id id = names_.intern(name, hash);
  if (id == nodes_.size()) nodes_.emplace_back();
  return id;
}

// Where several kinds have the word, those that are not its owner may tell of it too.
void ObjectGraph::take(Id id, const Node& object) {
  Node& node = nodes_[id];
  if (!node.listed) objects_.push_back(id);
  node.listed = true;
  if (object.collectable || !node.exists) node.owner = object.owner;
  node.collectable = object.collectable || (node.exists && node.collectable);
  node.exists = true;
  node.root = object.root;
  node.reason = object.reason;
  node.bytes = object.bytes;
  node.first_edge = static_cast<std::uint32_t>(edges_.size());
  node.edges = 0;
  told_ = id;
}

void ObjectGraph::take(Id target, const Edge& edge) {
  if (edge.type == EdgeType::back) {
    back_[target].push_back({told_, reasons_[edge.why]});
    if (nodes_[target].exists && nodes_[target].reach == Reach::full) reach(told_, Reach::full);
    return;
  }
  edges_.push_back({target, edge.why, edge.type, edge.flat});
  ++nodes_[told_].edges;
}

// What lives as long as `id` does. `visit(target, edge type, flat, why)`.
template <class Visit>
void ObjectGraph::for_each_kept_by(Id id, Visit visit) const {
  const Node& node = nodes_[id];
  for (std::uint32_t n = 0; n < node.edges; ++n) {
    const Edge& edge = edges_[node.first_edge + n];
    visit(edge.to, edge.type, edge.flat, reasons_[edge.why]);
  }
  if (!node.exists || back_.empty()) return;
  const auto back = back_.find(id);
  if (back == back_.end()) return;
  for (const Reference& from : back->second) visit(from.from, EdgeType::back, false, from.why);
}

void ObjectGraph::mark() {
  for (Id id = 1; id < nodes_.size(); ++id) {
    if (is_root(id)) reach(id, Reach::full);
  }
  follow();
}

void ObjectGraph::reach(Id id, Reach how) {
  if (nodes_[id].reach >= how) return;
  nodes_[id].reach = how;
  pending_.push_back(id);
}

void ObjectGraph::follow() {
  while (!pending_.empty()) {
    const Id id = pending_.back();
    pending_.pop_back();
    const bool flat = nodes_[id].reach == Reach::flat;
    for_each_kept_by(id, [&](Id target, EdgeType type, bool flat_edge, std::string_view) {
      if (flat && type != EdgeType::structural) return;
      reach(target, flat || flat_edge ? Reach::flat : Reach::full);
    });
  }
}

bool ObjectGraph::is_unreached(Id id) const noexcept {
  const Node& node = nodes_[id];
  return node.exists && node.collectable && node.reach == Reach::no;
}

std::uint64_t ObjectGraph::kept() const {
  return static_cast<std::uint64_t>(std::count_if(
      objects_.begin(), objects_.end(), [&](Id id) { return nodes_[id].exists && !is_unreached(id); }));
}

std::vector<ObjectGraph::Id> ObjectGraph::unreached() const {
  std::vector<Id> found;
  std::copy_if(objects_.begin(), objects_.end(), std::back_inserter(found),
               [&](Id id) { return is_unreached(id); });
  return found;
}

// Depth first, and what is left first goes last: its referrers are before it. Circles are cut somewhere.
std::vector<ObjectGraph::Id> ObjectGraph::removal_order() const {
  struct Step {
    Id id;
    bool leaving;
  };
  std::vector<bool> seen(nodes_.size());
  std::vector<Id> order;
  std::vector<Step> stack;
  for (Id start = 1; start < nodes_.size(); ++start) {
    if (!is_unreached(start)) continue;
    stack.push_back({start, false});
    while (!stack.empty()) {
      const Step step = stack.back();
      stack.pop_back();
      if (step.leaving) {
        order.push_back(step.id);
        continue;
      }
      if (seen[step.id]) continue;
      seen[step.id] = true;
      stack.push_back({step.id, true});
      for_each_kept_by(step.id, [&](Id target, EdgeType, bool, std::string_view) {
        if (!seen[target] && is_unreached(target)) stack.push_back({target, false});
      });
    }
  }
  std::reverse(order.begin(), order.end());
  return order;
}

std::vector<std::vector<ObjectGraph::Reference>> ObjectGraph::referrers() const {
  std::vector<std::vector<Reference>> found(nodes_.size());
  for (Id id = 1; id < nodes_.size(); ++id) {
    if (!nodes_[id].exists) continue;
    for_each_kept_by(id, [&](Id target, EdgeType, bool, std::string_view why) {
      found[target].push_back({id, why});
    });
  }
  return found;
}

ObjectGraph::Id ObjectGraph::find(std::string_view kind, std::string_view ns, std::string_view key) const {
  const std::size_t word = word_number(kind);
  const auto space = std::find(namespaces_.begin(), namespaces_.end(), ns);
  if (word == words_.size() || space == namespaces_.end()) return 0;
  const auto number = static_cast<std::uint16_t>(space - namespaces_.begin());
  return names_.find({static_cast<std::uint8_t>(word), number, key});
}

GcNode ObjectGraph::node(Id id) const {
  const ObjectName name = names_[id];
  return {std::string(words_[name.word]), namespaces_[name.ns], std::string(name.key)};
}

bool ObjectGraph::is_before(Id a, Id b) const {
  const auto in_order = [&](const ObjectName& name) {
    return std::tuple(words_[name.word], std::string_view(namespaces_[name.ns]), name.key);
  };
  return in_order(names_[a]) < in_order(names_[b]);
}

// Few: they come in order, and the last is asked for most.
std::uint16_t ObjectGraph::namespace_number(std::string_view ns) {
  const auto found = std::find(namespaces_.rbegin(), namespaces_.rend(), ns);
  if (found != namespaces_.rend())
    return static_cast<std::uint16_t>(std::next(found).base() - namespaces_.begin());
  namespaces_.emplace_back(ns);
  return static_cast<std::uint16_t>(namespaces_.size() - 1);
}

std::size_t ObjectGraph::word_number(std::string_view kind) const {
  return static_cast<std::size_t>(std::find(words_.begin(), words_.end(), kind) - words_.begin());
}

ObjectGraph::Reason ObjectGraph::reason_number(std::string_view text) {
  const auto found = reason_numbers_.find(text);
  if (found != reason_numbers_.end()) return found->second;
  const auto number = static_cast<Reason>(reasons_.size());
  reasons_.push_back(keep(text, memory_));
  reason_numbers_.emplace(reasons_.back(), number);
  return number;
}

}  // namespace bayplan::metadata
