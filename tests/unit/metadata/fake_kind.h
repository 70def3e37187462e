// A kind of object made for tests: buckets objects/<kind>/<key> of a namespace, with a value "root" and a
// bucket of edges "<kind>:<key>", whose values are "", or the type where it is another: "label", "back",
// "flat".
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/namespaces.h"

namespace bayplan::metadata {

class FakeKind final : public GcKind {
 public:
  explicit FakeKind(std::string name) : name_(std::move(name)) {}
  std::string_view kind() const override { return name_; }

  Result<void> scan(const BucketSource& source, std::string_view ns, GcSink& sink) const override {
    if (on_scan) on_scan();
    BAYPLAN_ASSIGN(const auto objects, namespace_bucket(source, ns, {"objects", name_}));
    if (!objects) return {};
    return objects->for_each_bucket(
        [&](std::string_view key, const Bucket& object) { return tell(key, object, sink); });
  }
  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view key,
                    GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto object, namespace_bucket(source, ns, {"objects", name_, key}));
    return object ? tell(key, *object, sink) : Result<void>{};
  }
  Result<void> remove(WriteTx& tx, const GcNode& node) const override {
    BAYPLAN_ASSIGN(auto objects, open_namespace_bucket(tx, node.ns, {"objects", name_}));
    if (!objects) return Error(Errc::not_found, name_, node.key);
    if (held.contains(node.key)) return Error(Errc::in_use, name_, node.key);
    return objects->delete_bucket(node.key);
  }
  Result<FileSweep> sweep_files(const Db&, const Control&) const override {
    ++sweeps;
    return FileSweep{2, 100};
  }
  Result<void> check(const BucketSource&, std::string_view ns, const ProblemSink& sink) const override {
    if (ns == "broken") sink({{name_, std::string(ns), "k"}, "said so"});
    if (ns == "worse") return Error(Errc::corrupt, name_, "k");
    return {};
  }

  mutable int sweeps = 0;
  std::set<std::string> held{};  // what is not to be removed after all
  std::function<void()> on_scan{};

 private:
  static Result<void> tell(std::string_view key, const Bucket& object, GcSink& sink) {
    BAYPLAN_ASSIGN(const auto root, object.get("root"));
    BAYPLAN_TRY(
        sink.object({.key = key, .root = root.has_value(), .reason = root ? "marked" : "", .bytes = 7}));
    BAYPLAN_ASSIGN(const auto edges, object.bucket("edges"));
    if (!edges) return {};
    return edges->for_each([&](const Entry& entry) -> Result<void> {
      const std::string_view text = entry.key;
      const auto colon = text.find(':');
      GcEdge edge{.kind = text.substr(0, colon), .key = text.substr(colon + 1), .why = "an edge"};
      if (entry.value == "label") edge.type = EdgeType::label;
      if (entry.value == "back") edge.type = EdgeType::back;
      edge.flat = entry.value == "flat";
      return sink.edge(edge);
    });
  }
  std::string name_;
};

}  // namespace bayplan::metadata
