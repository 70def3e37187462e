#include <memory>

#include "bayplan/metadata/namespaces.h"
#include "label_arguments.h"
#include "listing.h"
#include "session.h"

namespace bayplan::cli {
namespace {

struct Arguments {
  std::string name;
  std::vector<std::string> labels;
};

Result<int> create_namespace(const Session& session, const Arguments& arguments) {
  BAYPLAN_ASSIGN(const Labels labels, parse_labels(arguments.labels));
  BAYPLAN_ASSIGN(const images::Store store, session.open_store());
  BAYPLAN_TRY(store.db().update(
      [&](metadata::WriteTx& tx) { return metadata::create_namespace(tx, arguments.name, labels); }));
  print_line(arguments.name);
  return 0;
}

Result<int> list_namespaces(const Session& session, bool quiet) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  Listing listing(session, "namespaces", {"NAME", "LABELS"}, quiet);
  BAYPLAN_TRY(store.db().view([&](const metadata::ReadTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const auto names, metadata::list_namespaces(tx));
    for (const auto& name : names) {
      BAYPLAN_ASSIGN(const Labels labels, metadata::namespace_labels(tx, name));
      listing.add(name, {name, labels_text(labels)}, [&](json::Writer& out) {
        out.member("name", name);
        write_labels(out, labels);
      });
    }
    return {};
  }));
  return std::move(listing).finish();
}

Result<int> label_namespace(const Session& session, const Arguments& arguments) {
  BAYPLAN_ASSIGN(const Labels changes, parse_labels(arguments.labels));
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  const auto labelled = store.db().update([&](metadata::WriteTx& tx) -> Result<void> {
    for (const auto& [key, value] : changes) {
      BAYPLAN_TRY(metadata::set_namespace_label(tx, arguments.name, key, value));
    }
    return {};
  });
  if (!labelled) return labelled.error();
  return 0;
}

Result<int> remove_namespaces(const Session& session, const std::vector<std::string>& names) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  const auto removed = store.db().update(
      [&](metadata::WriteTx& tx) -> Result<void> {
        for (const auto& name : names) BAYPLAN_TRY(metadata::remove_namespace(tx, name));
        return {};
      },
      {.reclaiming = true});
  if (!removed) return removed.error();
  return 0;
}

}  // namespace

void add_namespace_commands(CLI::App& app, Session& session) {
  CLI::App* ns = app.add_subcommand("namespace", "Namespaces");
  ns->require_subcommand(1);

  auto created = std::make_shared<Arguments>();
  CLI::App* command = add_command(*ns, session, "create", "Create an empty namespace",
                                  [&session, created] { return create_namespace(session, *created); });
  command->add_option("NAME", created->name, "Name")->required();
  command->add_option("LABELS", created->labels, "KEY=value");

  auto quiet = std::make_shared<bool>(false);
  command = add_command(*ns, session, "ls", "List namespaces",
                        [&session, quiet] { return list_namespaces(session, *quiet); });
  command->add_flag("-q,--quiet", *quiet, "Names only");

  auto labelled = std::make_shared<Arguments>();
  command = add_command(*ns, session, "label", "Set labels; KEY= removes one",
                        [&session, labelled] { return label_namespace(session, *labelled); });
  command->add_option("NAME", labelled->name, "Name")->required();
  command->add_option("LABELS", labelled->labels, "KEY=value")->required();

  auto names = std::make_shared<std::vector<std::string>>();
  command = add_command(*ns, session, "rm", "Remove namespaces that are empty, all or none",
                        [&session, names] { return remove_namespaces(session, *names); });
  command->add_option("NAME", *names, "Names")->required();
}

}  // namespace bayplan::cli
