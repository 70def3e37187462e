#include "object_graph.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "bayplan/metadata/namespaces.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::size_t kMostNamespaces = std::numeric_limits<std::uint16_t>::max();

Error too_many(std::string_view what) {
  return Error(Errc::too_large, "store", {}, "holds more " + std::string(what) + " than can be followed");
}

}  // namespace

ObjectGraph::ObjectGraph(GcKinds kinds) : kinds_(kinds.begin(), kinds.end()), slots_(64), nodes_(1) {
  for (const GcKind* kind : kinds_) {
    if (word_number(kind->kind()) == words_.size()) words_.push_back(kind->kind());
  }
}

Result<void> ObjectGraph::scan(const BucketSource& source, const Control& control) {
  BAYPLAN_ASSIGN(const auto names, list_namespaces(source));
  if (names.size() > kMostNamespaces) return too_many("namespaces");
  for (const std::string& ns : names) {
    telling_ns_ = namespace_number(ns);
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
      BAYPLAN_TRY(control.cancel.check());
      begin_telling(kind);
      BAYPLAN_TRY(kinds_[kind]->scan(source, ns, *this));
    }
  }
  return {};
}

Result<void> ObjectGraph::look(const BucketSource& source, std::string_view kind, std::string_view ns,
                               std::string_view key) {
  const std::size_t word = word_number(kind);
  if (word == words_.size()) return {};
  telling_ns_ = namespace_number(ns);
  if (namespaces_.size() > kMostNamespaces) return too_many("namespaces");
  const Id id = intern(word, telling_ns_, key);
  nodes_[id].exists = false;
  nodes_[id].edges = 0;
  for (std::size_t n = 0; n < kinds_.size(); ++n) {
    begin_telling(n);
    if (telling_word_ == word) BAYPLAN_TRY(kinds_[n]->look(source, ns, key, *this));
  }
  nodes_[id].reach = Reach::full;
  pending_.push_back(id);  // even if it was reached before: its edges may be others now
  follow();
  return {};
}

void ObjectGraph::begin_telling(std::size_t kind) {
  telling_kind_ = kind;
  telling_word_ = word_number(kinds_[kind]->kind());
}

// Where several kinds have the word, those that are not its owner may tell of it too.
Result<void> ObjectGraph::object(const GcObject& object) {
  if (nodes_.size() >= kMost || edges_.size() >= kMost) return too_many("objects");
  told_ = intern(telling_word_, telling_ns_, object.key);
  Node& node = nodes_[told_];
  if (object.collectable || !node.exists) node.owner = static_cast<std::uint8_t>(telling_kind_);
  node.collectable = object.collectable || (node.exists && node.collectable);
  node.exists = true;
  node.root = object.root;
  if (object.root && object.until)
    next_expiry_ = std::min(*object.until, next_expiry_.value_or(*object.until));
  node.reason = keep_reason(object.reason);
  node.bytes = object.bytes;
  node.first_edge = static_cast<std::uint32_t>(edges_.size());
  node.edges = 0;
  return {};
}

Result<void> ObjectGraph::edge(const GcEdge& edge) {
  if (nodes_.size() >= kMost || edges_.size() >= kMost) return too_many("references");
  const std::size_t word = word_number(edge.kind);
  if (word == words_.size()) return {};
  const Id target = intern(word, telling_ns_, edge.key);
  const std::string_view why = keep_reason(edge.why);
  if (edge.type == EdgeType::back) {
    back_[target].push_back({told_, why});
    if (nodes_[target].exists && nodes_[target].reach == Reach::full) reach(told_, Reach::full);
    return {};
  }
  edges_.push_back({target, edge.type, edge.flat, why});
  ++nodes_[told_].edges;
  return {};
}

// What lives as long as `id` does. `visit(target, edge type, flat, why)`.
template <class Visit>
void ObjectGraph::for_each_kept_by(Id id, Visit visit) const {
  const Node& node = nodes_[id];
  for (std::uint32_t n = 0; n < node.edges; ++n) {
    const Edge& edge = edges_[node.first_edge + n];
    visit(edge.to, edge.type, edge.flat, edge.why);
  }
  if (!node.exists || back_.empty()) return;
  const auto back = back_.find(id);
  if (back == back_.end()) return;
  for (const Reference& from : back->second) visit(from.from, EdgeType::back, false, from.why);
}

void ObjectGraph::mark() {
  for (Id id = 1; id < nodes_.size(); ++id) {
    if (nodes_[id].root) reach(id, Reach::full);
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
  std::uint64_t count = 0;
  for (Id id = 1; id < nodes_.size(); ++id) count += nodes_[id].exists && !is_unreached(id) ? 1 : 0;
  return count;
}

// Depth first, and what is left first goes last: its referrers are before it. Circles are cut somewhere.
std::vector<ObjectGraph::Id> ObjectGraph::unreached() const {
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
  const auto number = static_cast<std::size_t>(space - namespaces_.begin());
  const Name name{word, number, key};
  return slots_[slot_of(name, name.hash())].id;
}

GcNode ObjectGraph::node(Id id) const {
  const Node& node = nodes_[id];
  return {std::string(words_[node.word]), namespaces_[node.ns], std::string(node.key)};
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

ObjectGraph::Id ObjectGraph::intern(std::size_t word, std::uint16_t ns, std::string_view key) {
  if (2 * nodes_.size() > slots_.size()) add_slots();
  const Name name{word, ns, key};
  const std::uint32_t hash = name.hash();
  Slot& slot = slots_[slot_of(name, hash)];
  if (slot.id != 0) return slot.id;
  slot = {hash, static_cast<Id>(nodes_.size())};
  Node& node = nodes_.emplace_back();
  node.key = keep(key);
  node.ns = ns;
  node.word = static_cast<std::uint8_t>(word);
  return slot.id;
}

std::uint32_t ObjectGraph::Name::hash() const noexcept {
  constexpr std::size_t kOdd = 0x9E3779B97F4A7C15u;
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(key) ^ ((ns << 8 | word) * kOdd));
}

// Where it is, or belongs.
std::size_t ObjectGraph::slot_of(const Name& name, std::uint32_t hash) const {
  const std::size_t last = slots_.size() - 1;
  std::size_t at = hash & last;
  for (; slots_[at].id != 0; at = (at + 1) & last) {
    if (slots_[at].hash != hash) continue;
    const Node& node = nodes_[slots_[at].id];
    if (node.word == name.word && node.ns == name.ns && node.key == name.key) break;
  }
  return at;
}

void ObjectGraph::add_slots() {
  const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
  const std::size_t last = slots_.size() - 1;
  for (const Slot& slot : before) {
    std::size_t at = slot.hash & last;
    while (slots_[at].id != 0) at = (at + 1) & last;
    if (slot.id != 0) slots_[at] = slot;
  }
}

std::string_view ObjectGraph::keep(std::string_view text) {
  if (text.empty()) return {};
  auto* const bytes = static_cast<char*>(memory_.allocate(text.size(), 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

// Field and label names: the same few again and again.
std::string_view ObjectGraph::keep_reason(std::string_view text) {
  if (text.empty()) return {};
  const auto found = reasons_.find(text);
  if (found != reasons_.end()) return found->second;
  const std::string_view kept = keep(text);
  reasons_.emplace(kept, kept);
  return kept;
}

}  // namespace bayplan::metadata
