#include "inspect_graph.h"

#include <map>
#include <set>

#include "bayplan/containers/containers.h"
#include "bayplan/containers/sandboxes.h"
#include "bayplan/containers/tasks.h"
#include "bayplan/content/record_kinds.h"
#include "bayplan/images/images.h"
#include "bayplan/metadata/gc_view.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/snapshots/mounts.h"
#include "bayplan/snapshots/record_kind.h"
#include "explain.h"
#include "gc_report.h"
#include "inspect_troubles.h"
#include "print.h"

namespace bayplan::cli {
namespace {

using metadata::GcNode;
using metadata::GcView;
using metadata::RecordGcKind;
using metadata::RecordKind;

/// Everything that can be read of a source, and the kinds that read it.
struct Graph {
  explicit Graph(const Session& session) : leases(metadata::leases::gc_kind(session.run_root)) {
    kinds = {{&content::content_records_kind(), RecordKind::content},
             {&content::ingest_records_kind(), RecordKind::ingests},
             {&snapshots::snapshot_records_kind(), RecordKind::snapshots},
             {&snapshots::mount_gc_kind(), RecordKind::mounts},
             {&images::image_gc_kind(), RecordKind::images},
             {leases.get(), RecordKind::leases},
             {&containers::container_gc_kind(), RecordKind::containers},
             {&containers::sandboxes::gc_kind(), RecordKind::sandboxes},
             {&containers::tasks::gc_kind(), RecordKind::tasks}};
  }

  Result<void> read(const InspectSource& source, const Session& session) {
    BAYPLAN_ASSIGN(const metadata::RecordReader reader, source.records());
    BAYPLAN_ASSIGN(
        view, GcView::read_readable(*source.file().records(), kinds, std::ref(troubles), session.control));
    return reader.for_each_key(
        RecordKind::namespaces, {},
        [&](const std::string& ns, const std::string&) -> Result<void> {
          namespaces.push_back(ns);
          return {};
        },
        [](const metadata::RecordDamage&) -> Result<void> { return {}; });  // read_readable told it
  }
  std::vector<std::string> words() const {
    std::vector<std::string> all;
    for (const RecordGcKind& kind : kinds) all.emplace_back(kind.kind->kind());
    return all;
  }
  // Of each namespace that is asked for.
  std::vector<GcNode> find(const GraphQuestion& question) const {
    std::vector<GcNode> found;
    for (const std::string& ns : namespaces) {
      if (!question.ns.empty() && ns != question.ns) continue;
      if (auto node = find_object(*view, words(), ns, question.object)) found.push_back(std::move(*node));
    }
    return found;
  }

  std::unique_ptr<metadata::GcKind> leases;
  std::vector<RecordGcKind> kinds;
  std::optional<GcView> view;
  std::vector<std::string> namespaces;
  Troubles troubles;
};

Error no_object(const Graph& graph, const std::string& object) {
  if (graph.troubles.any()) return Error(Errc::corrupt, "object", object, "is not among what can be read");
  return Error(Errc::not_found, "object", object, "no object of any kind")
      .with_advice("name it KIND/KEY, e.g. snapshot/overlayfs/KEY");
}

// KIND/KEY in every namespace: who refers to something that does not exist is a question, too.
std::vector<GcNode> named(const Graph& graph, const GraphQuestion& question) {
  std::vector<GcNode> nodes;
  for (const std::string& kind : graph.words()) {
    if (!question.object.starts_with(kind + "/")) continue;
    for (const std::string& ns : graph.namespaces) {
      if (question.ns.empty() || ns == question.ns)
        nodes.push_back({kind, ns, question.object.substr(kind.size() + 1)});
    }
  }
  return nodes;
}

struct Usage {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t unkept = 0;
  std::uint64_t unkept_bytes = 0;
};

void print_usage(const std::map<std::pair<std::string, std::string>, Usage>& usage, bool as_json) {
  Table table({"KIND", "NAMESPACE", "OBJECTS", "BYTES", "UNKEPT", "UNKEPT BYTES"});
  for (const auto& [name, used] : usage) {
    if (!as_json) {
      table.row({name.first, name.second, std::to_string(used.count), human_bytes(used.bytes),
                 std::to_string(used.unkept), human_bytes(used.unkept_bytes)});
      continue;
    }
    json::Writer line = begin_json();
    line.member("kind", name.first).member("namespace", name.second);
    line.key("objects").unsigned_integer(used.count).key("bytes").unsigned_integer(used.bytes);
    line.key("unkept").unsigned_integer(used.unkept).key("unkeptBytes").unsigned_integer(used.unkept_bytes);
    line.end_object();
    print_json(std::move(line));
  }
  if (!as_json) table.print();
}

std::uint64_t bytes_of(const metadata::StoredRecord& record) {
  const metadata::DecodedValue* const size = record.find({"size"});
  const auto* const number = size == nullptr ? nullptr : std::get_if<std::int64_t>(&size->value);
  return number == nullptr || *number < 0 ? 0 : static_cast<std::uint64_t>(*number);
}

}  // namespace

Result<int> inspect_why(const InspectSource& source, const Session& session, const GraphQuestion& question) {
  Graph graph(session);
  BAYPLAN_TRY(graph.read(source, session));
  const auto nodes = graph.find(question);
  if (nodes.empty()) return no_object(graph, question.object);
  for (const GcNode& node : nodes)
    print_explained(explain(*graph.view, node, question.limit), session.json());
  return source.finish(graph.troubles.any());
}

Result<int> inspect_referrers(const InspectSource& source, const Session& session,
                              const GraphQuestion& question) {
  Graph graph(session);
  BAYPLAN_TRY(graph.read(source, session));
  auto nodes = graph.find(question);
  if (nodes.empty()) nodes = named(graph, question);
  if (nodes.empty()) return no_object(graph, question.object);
  for (const GcNode& node : nodes) print_referrers(node, graph.view->referrers(node), session.json());
  return source.finish(graph.troubles.any());
}

Result<int> inspect_gc(const InspectSource& source, const Session& session) {
  Graph graph(session);
  BAYPLAN_TRY(graph.read(source, session));
  print_gc_report(graph.view->unkept(), true, session.json());
  return source.finish(graph.troubles.any());
}

Result<int> inspect_df(const InspectSource& source, const Session& session) {
  Graph graph(session);
  BAYPLAN_TRY(graph.read(source, session));
  std::set<GcNode> unkept;
  for (const metadata::GcRemoval& removal : graph.view->unkept().removed) unkept.insert(removal.node);
  BAYPLAN_ASSIGN(const metadata::RecordReader reader, source.records());
  std::map<std::pair<std::string, std::string>, Usage> usage;
  for (const RecordGcKind& kind : graph.kinds) {
    const auto add = [&](const metadata::StoredRecord& record) -> Result<void> {
      const std::uint64_t bytes = bytes_of(record);
      Usage& used = usage[{std::string(to_string(record.kind)), record.ns}];
      const bool lost = unkept.contains({std::string(kind.kind->kind()), record.ns, record.key});
      used.count += 1;
      used.bytes += bytes;
      used.unkept += lost ? 1 : 0;
      used.unkept_bytes += lost ? bytes : 0;
      source.forget();
      return session.control.cancel.check();
    };
    const auto told = [](const metadata::RecordDamage&) -> Result<void> { return {}; };
    BAYPLAN_TRY(reader.for_each(kind.records, {}, add, told));
  }
  print_usage(usage, session.json());
  return source.finish(graph.troubles.any());
}

}  // namespace bayplan::cli
