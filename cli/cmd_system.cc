#include <memory>

#include "check_store.h"
#include "gc_report.h"
#include "print.h"
#include "prune.h"
#include "session.h"
#include "store_usage.h"

namespace bayplan::cli {
namespace {

void print_usage_json(const StoreUsage& usage, bool objects) {
  json::Writer out = begin_json();
  out.key("kinds").begin_array();
  for (const KindUsage& kind : usage.kinds) {
    out.begin_object().member("kind", kind.kind).key("total").unsigned_integer(kind.total);
    out.key("inUse").unsigned_integer(kind.in_use).key("bytes").unsigned_integer(kind.bytes);
    out.key("reclaimable").unsigned_integer(kind.reclaimable);
    out.key("reclaimableBytes").unsigned_integer(kind.reclaimable_bytes).end_object();
  }
  out.end_array();
  if (objects) out.key("objects").begin_array();
  for (const ObjectUsage& object : usage.objects) {
    if (!objects) break;
    out.begin_object();
    write_node(out, object.node);
    out.key("bytes").unsigned_integer(object.bytes).key("shared").unsigned_integer(object.shared);
    out.key("unique").unsigned_integer(object.bytes - object.shared);
    out.key("reclaimable").boolean(object.reclaimable).end_object();
  }
  if (objects) out.end_array();
  out.end_object();
  print_json(std::move(out));
}

void print_kinds(const StoreUsage& usage) {
  Table table({"KIND", "TOTAL", "IN USE", "SIZE", "RECLAIMABLE"});
  for (const KindUsage& kind : usage.kinds) {
    table.row({kind.kind, std::to_string(kind.total), std::to_string(kind.in_use), human_bytes(kind.bytes),
               std::to_string(kind.reclaimable) + " (" + human_bytes(kind.reclaimable_bytes) + ")"});
  }
  table.print();
}

void print_objects(const StoreUsage& usage) {
  Table table({"KIND", "NAMESPACE", "OBJECT", "SIZE", "SHARED", "UNIQUE", "RECLAIMABLE"});
  for (const ObjectUsage& object : usage.objects) {
    table.row({object.node.kind, object.node.ns, object.node.key, human_bytes(object.bytes),
               human_bytes(object.shared), human_bytes(object.bytes - object.shared),
               object.reclaimable ? "yes" : "-"});
  }
  table.print();
}

Result<int> print_usage(const Session& session, bool objects) {
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const StoreUsage usage, measure(store, session.control));
  if (session.json()) {
    print_usage_json(usage, objects);
    return 0;
  }
  print_kinds(usage);
  if (objects) {
    print_line("");
    print_objects(usage);
  }
  return 0;
}

}  // namespace

void add_system_commands(CLI::App& app, Session& session) {
  CLI::App* system = app.add_subcommand("system", "The store as a whole");
  system->require_subcommand(1);

  auto objects = std::make_shared<bool>(false);
  CLI::App* command =
      add_command(*system, session, "df", "Show what the store holds, and what a collection would free",
                  [&session, objects] { return print_usage(session, *objects); });
  command->add_flag("-v,--verbose", *objects, "Each object too; of images what they share with others");

  add_command(*system, session, "check", "The same as `inspect check`",
              [&session] { return check_store(session); });

  auto pruned = std::make_shared<PruneArguments>();
  command = add_command(*system, session, "prune",
                        "Remove ended leases and all that nothing refers to; asks nothing",
                        [&session, pruned] { return prune(session, *pruned); });
  add_prune_options(*command, *pruned);
}

}  // namespace bayplan::cli
