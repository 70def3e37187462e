#include "gc_report.h"

#include "print.h"

namespace bayplan::cli {

void write_node(json::Writer& out, const metadata::GcNode& node) {
  out.member("kind", node.kind).member("namespace", node.ns).member("key", node.key);
}

std::string words(const metadata::GcNode& node) { return node.kind + " " + node.ns + "/" + node.key; }

void write_gc_report(json::Writer& out, const metadata::GcReport& report, bool dry_run) {
  out.key("dryRun").boolean(dry_run).key("reachable").unsigned_integer(report.marked);
  out.key("removed").begin_array();
  for (const auto& removal : report.removed) {
    out.begin_object();
    write_node(out, removal.node);
    out.member("why", removal.why).key("bytes").unsigned_integer(removal.bytes).end_object();
  }
  out.end_array().key("files").unsigned_integer(report.files.files);
  out.key("bytes").unsigned_integer(report.files.bytes);
}

void print_gc_report(const metadata::GcReport& report, bool dry_run) {
  std::uint64_t bytes = 0;
  for (const auto& removal : report.removed) {
    bytes += removal.bytes;
    print_line(printable(words(removal.node) + ": " + removal.why));
  }
  const std::string count = std::to_string(report.removed.size()) + " objects";
  const std::string kept = ", kept " + std::to_string(report.marked);
  if (dry_run) return print_line("would remove " + count + " of " + human_bytes(bytes) + kept);
  print_line("removed " + count + kept);
  print_line("freed " + human_bytes(report.files.bytes) + " in " + std::to_string(report.files.files) +
             " files and directories");
}

void print_gc_report(const metadata::GcReport& report, bool dry_run, bool as_json) {
  if (!as_json) return print_gc_report(report, dry_run);
  json::Writer out = begin_json();
  write_gc_report(out, report, dry_run);
  out.end_object();
  print_json(std::move(out));
}

}  // namespace bayplan::cli
