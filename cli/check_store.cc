#include "check_store.h"

#include "bayplan/metadata/check.h"
#include "exit_codes.h"
#include "gc_kinds.h"
#include "gc_report.h"
#include "print.h"

namespace bayplan::cli {
namespace {

void print_check_json(const metadata::CheckReport& report) {
  json::Writer out = begin_json();
  out.key("clean").boolean(report.clean()).key("buckets").unsigned_integer(report.buckets);
  out.key("rows").unsigned_integer(report.rows).key("problems").begin_array();
  for (const auto& problem : report.problems) {
    out.begin_object();
    write_node(out, problem.object);
    out.member("problem", problem.what).end_object();
  }
  out.end_array().end_object();
  print_json(std::move(out));
}

}  // namespace

Result<int> check_store(const Session& session) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const auto report, metadata::check(store.db(), all_kinds(store)));
  if (session.json()) {
    print_check_json(report);
  } else {
    for (const auto& problem : report.problems) {
      print_line(printable(words(problem.object)) + ": " + printable(problem.what));
    }
    print_line((report.clean() ? "clean: " : std::to_string(report.problems.size()) + " problems: ") +
               std::to_string(report.buckets) + " buckets, " + std::to_string(report.rows) + " rows");
  }
  return report.clean() ? kOk : kDamage;
}

}  // namespace bayplan::cli
