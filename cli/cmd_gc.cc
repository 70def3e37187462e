#include <memory>

#include "explain.h"
#include "gc_kinds.h"
#include "gc_report.h"
#include "print.h"
#include "session.h"

namespace bayplan::cli {
namespace {

Result<int> collect(const Session& session, bool dry_run) {
  BAYPLAN_ASSIGN(const images::Store store,
                 dry_run ? session.open_store_read_only() : session.open_present_store());
  const CollectedKinds kinds(store);
  BAYPLAN_ASSIGN(const auto report,
                 metadata::collect(store.db(), kinds.list(), {.dry_run = dry_run}, session.control));
  print_gc_report(report, dry_run, session.json());
  return 0;
}

struct WhyOptions {
  std::string object;
  std::size_t limit = 20;
};

Result<int> why(const Session& session, const WhyOptions& options) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  const auto kinds = all_kinds(store);
  BAYPLAN_ASSIGN(const auto view, store.db().view([&](const metadata::ReadTx& tx) {
    return metadata::GcView::read(tx, kinds, session.control);
  }));
  std::vector<std::string> words;
  for (const metadata::GcKind* kind : kinds) words.emplace_back(kind->kind());
  const auto node = find_object(view, words, session.ns, options.object);
  if (!node) {
    return Error(Errc::not_found, "object", options.object,
                 "no object of any kind in namespace " + session.ns)
        .with_advice("name it KIND/KEY, e.g. snapshot/overlay/KEY, or choose another --namespace");
  }
  print_explained(explain(view, *node, options.limit), session.json());
  return 0;
}

}  // namespace

void add_gc_command(CLI::App& app, Session& session) {
  auto dry_run = std::make_shared<bool>(false);
  CLI::App* command = add_command(app, session, "gc", "Remove what nothing refers to",
                                  [&session, dry_run] { return collect(session, *dry_run); });
  command->add_flag("--dry-run", *dry_run, "Show what would go, remove nothing");

  auto options = std::make_shared<WhyOptions>();
  CLI::App* explained = add_command(*command, session, "why", "Show what keeps an object",
                                    [&session, options] { return why(session, *options); });
  explained->add_option("OBJECT", options->object, "A digest, a name, or KIND/KEY")->required();
  explained->add_option("--limit", options->limit, "Chains to show (20)")->check(CLI::Range(1, 1'000'000));
}

}  // namespace bayplan::cli
