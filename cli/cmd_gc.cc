#include <memory>

#include "gc_kinds.h"
#include "print.h"
#include "session.h"

namespace bayplan::cli {
namespace {

void print_report_json(const metadata::GcReport& report, bool dry_run) {
  json::Writer out = begin_json();
  out.key("dryRun").boolean(dry_run).key("reachable").unsigned_integer(report.marked);
  out.key("removed").begin_array();
  for (const auto& node : report.removed) {
    out.begin_object()
        .member("kind", node.kind)
        .member("namespace", node.ns)
        .member("key", node.key)
        .end_object();
  }
  out.end_array().key("files").unsigned_integer(report.files.files);
  out.key("bytes").unsigned_integer(report.files.bytes).end_object();
  print_json(std::move(out));
}

Result<int> collect(const Session& session, bool dry_run) {
  BAYPLAN_ASSIGN(const images::Store store, dry_run ? session.open_store_read_only() : session.open_store());
  BAYPLAN_ASSIGN(const auto report,
                 metadata::collect(store.db(), all_kinds(store), {.dry_run = dry_run}, session.control));
  if (session.json()) {
    print_report_json(report, dry_run);
    return 0;
  }
  for (const auto& node : report.removed) print_line(printable(node.kind + " " + node.ns + "/" + node.key));
  print_line(std::string(dry_run ? "would remove " : "removed ") + std::to_string(report.removed.size()) +
             " objects, kept " + std::to_string(report.marked));
  if (!dry_run) {
    print_line("freed " + human_bytes(report.files.bytes) + " in " + std::to_string(report.files.files) +
               " files and directories");
  }
  return 0;
}

}  // namespace

void add_gc_command(CLI::App& app, Session& session) {
  auto dry_run = std::make_shared<bool>(false);
  CLI::App* command = add_command(app, session, "gc", "Remove what nothing refers to",
                                  [&session, dry_run] { return collect(session, *dry_run); });
  command->add_flag("--dry-run", *dry_run, "Show what would go, remove nothing");
}

}  // namespace bayplan::cli
