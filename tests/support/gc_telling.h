// What a GcKind tells, kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/metadata/gc.h"

namespace bayplan::test {

class Telling final : public metadata::GcSink {
 public:
  Telling(const metadata::GcKind& kind, std::string_view ns) : kind_(kind.kind()), ns_(ns) {}

  /// Everything of the namespace.
  static Result<Telling> all(const metadata::Db& db, const metadata::GcKind& kind, std::string_view ns) {
    return told(db, kind, ns, [&](const auto& tx, Telling& telling) { return kind.scan(tx, ns, telling); });
  }
  static Result<Telling> one(const metadata::Db& db, const metadata::GcKind& kind, std::string_view ns,
                             std::string_view key) {
    return told(db, kind, ns,
                [&](const auto& tx, Telling& telling) { return kind.look(tx, ns, key, telling); });
  }

  Result<void> object(const metadata::GcObject& object) override {
    const metadata::GcNode node{kind_, ns_, std::string(object.key)};
    objects.push_back(node);
    if (object.root) roots.push_back(node);
    if (object.collectable) collectable.push_back(node);
    reasons.emplace_back(object.reason);
    bytes.push_back(object.bytes);
    until.push_back(object.until);
    return {};
  }
  Result<void> edge(const metadata::GcEdge& edge) override {
    edges.push_back({std::string(edge.kind), ns_, std::string(edge.key)});
    flat.push_back(edge.flat);
    edge_words.push_back(std::string(edge.type == metadata::EdgeType::structural ? "structural "
                                     : edge.type == metadata::EdgeType::label    ? "label "
                                                                                 : "back ")
                             .append(edge.why));
    return {};
  }

  std::vector<metadata::GcNode> objects{};
  std::vector<metadata::GcNode> roots{};
  std::vector<metadata::GcNode> collectable{};
  std::vector<metadata::GcNode> edges{};
  std::vector<bool> flat{};                  ///< of the edges
  std::vector<std::string> reasons{};        ///< of the objects
  std::vector<std::uint64_t> bytes{};        ///< of the objects
  std::vector<std::optional<Time>> until{};  ///< of the objects
  std::vector<std::string> edge_words{};     ///< type and why of the edges

 private:
  template <class Ask>
  static Result<Telling> told(const metadata::Db& db, const metadata::GcKind& kind, std::string_view ns,
                              Ask ask) {
    return db.view([&](const metadata::ReadTx& tx) -> Result<Telling> {
      Telling telling(kind, ns);
      BAYPLAN_TRY(ask(tx, telling));
      return telling;
    });
  }

  std::string kind_;
  std::string ns_;
};

/// A sink that takes nothing.
class Refusing final : public metadata::GcSink {
 public:
  Result<void> object(const metadata::GcObject&) override { return Error(Errc::cancelled, "test", {}); }
  Result<void> edge(const metadata::GcEdge&) override { return Error(Errc::cancelled, "test", {}); }
};

/// The nodes that a collection removed, or would.
inline std::vector<metadata::GcNode> removed_nodes(const metadata::GcReport& report) {
  std::vector<metadata::GcNode> nodes;
  for (const auto& removal : report.removed) nodes.push_back(removal.node);
  return nodes;
}

}  // namespace bayplan::test
