#include <filesystem>
#include <memory>

#include "bayplan/containers/containers.h"
#include "bayplan/containers/sandboxes.h"
#include "label_arguments.h"
#include "listing.h"
#include "print.h"
#include "read_argument.h"
#include "record_json.h"
#include "session.h"

namespace bayplan::cli {
namespace {

namespace sandboxes = containers::sandboxes;
using metadata::ReadTx;
using metadata::WriteTx;
using sandboxes::Sandbox;

struct CreateArguments {
  std::string id;
  std::string runtime;
  std::string sandboxer;
  std::filesystem::path spec;
  std::vector<std::string> labels;
};

Result<metadata::Any> read_spec(const std::filesystem::path& path) {
  BAYPLAN_ASSIGN(std::string text, read_argument(path, json::kMaxJsonBytes));
  BAYPLAN_TRY(json::Document::parse(text, path.string()));
  return metadata::Any{std::string(containers::kSpecTypeUrl), std::move(text)};
}

Result<int> create_sandbox(const Session& session, const CreateArguments& arguments) {
  Sandbox sandbox{.id = arguments.id, .sandboxer = arguments.sandboxer};
  sandbox.runtime.name = arguments.runtime;
  BAYPLAN_ASSIGN(sandbox.labels, parse_labels(arguments.labels));
  if (!arguments.spec.empty()) {
    BAYPLAN_ASSIGN(sandbox.spec, read_spec(arguments.spec));
  }
  BAYPLAN_ASSIGN(const images::Store store, session.open_store());
  BAYPLAN_TRY(store.db().update([&](WriteTx& tx) { return sandboxes::create(tx, session.ns, sandbox); }));
  print_line(sandbox.id);
  return 0;
}

void write_summary(json::Writer& out, const Sandbox& sandbox) {
  out.member("id", sandbox.id).member("sandboxer", sandbox.sandboxer).member("runtime", sandbox.runtime.name);
  out.member("createdAt", format_rfc3339(sandbox.created));
  out.member("updatedAt", format_rfc3339(sandbox.updated));
  write_labels(out, sandbox.labels);
}

Result<int> list_sandboxes(const Session& session, const ListArguments& arguments) {
  BAYPLAN_ASSIGN(const auto filter, bind_filter(arguments, sandboxes::fields()));
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  Listing listing(session, "sandboxes", {"SANDBOX", "SANDBOXER", "RUNTIME", "LABELS", "CREATED"},
                  arguments.quiet);
  const auto show = [&](const Sandbox& sandbox) -> Result<void> {
    listing.add(sandbox.id,
                {sandbox.id, sandbox.sandboxer, sandbox.runtime.name, labels_text(sandbox.labels),
                 format_rfc3339(sandbox.created)},
                [&](json::Writer& out) { write_summary(out, sandbox); });
    return {};
  };
  BAYPLAN_ASSIGN(const auto end, store.db().view([&](const ReadTx& tx) {
    return sandboxes::list(tx, session.ns, filter, arguments.page, show,
                           [&](std::string_view, const Error& error) { listing.add_problem(error); });
  }));
  if (end.more) listing.cut_at(end.last);
  return std::move(listing).finish();
}

Result<int> show_sandbox(const Session& session, const std::string& id) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const auto sandbox,
                 store.db().view([&](const ReadTx& tx) { return sandboxes::get(tx, session.ns, id); }));
  json::Writer out = begin_json();
  write_summary(out, sandbox);
  write_record_parts(out, sandbox.runtime, sandbox.extensions);
  if (sandbox.spec) {
    out.key("spec");
    write_any(out, *sandbox.spec);
  }
  out.end_object();
  print_json(std::move(out));
  return 0;
}

Result<int> label_sandbox(const Session& session, const std::string& id,
                          const std::vector<std::string>& labels) {
  Sandbox changes{.id = id};
  BAYPLAN_ASSIGN(changes.labels, parse_labels(labels));
  FieldMask mask;
  for (const auto& [key, value] : changes.labels) mask.push_back("labels." + key);
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  BAYPLAN_TRY(
      store.db().update([&](WriteTx& tx) { return sandboxes::update(tx, session.ns, changes, mask); }));
  return 0;
}

Result<int> remove_sandboxes(const Session& session, const std::vector<std::string>& ids) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  const auto removed = store.db().update(
      [&](WriteTx& tx) -> Result<void> {
        for (const auto& id : ids) BAYPLAN_TRY(sandboxes::remove(tx, session.ns, id));
        return {};
      },
      {.reclaiming = true});
  if (!removed) return removed.error();
  return 0;
}

void add_create(CLI::App& sandbox, Session& session) {
  auto arguments = std::make_shared<CreateArguments>();
  CLI::App* command =
      add_command(sandbox, session, "create", "Create the record of a sandbox and print its id",
                  [&session, arguments] { return create_sandbox(session, *arguments); });
  command->add_option("ID", arguments->id, "Sandbox id")->required();
  command->add_option("--runtime", arguments->runtime, "Name of its runtime, e.g. io.containerd.runc.v2");
  command->add_option("--sandboxer", arguments->sandboxer, "Who makes it, e.g. podsandbox or shim");
  command->add_option("--spec", arguments->spec, "File with its OCI runtime spec, JSON");
  command->add_option("--label", arguments->labels, "KEY=value, may be repeated")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
}

}  // namespace

void add_sandbox_commands(CLI::App& app, Session& session) {
  CLI::App* sandbox = app.add_subcommand("sandbox", "What containers share, as records");
  sandbox->require_subcommand(1);
  add_create(*sandbox, session);
  add_list_command(*sandbox, session, {"List sandboxes", "Ids"}, list_sandboxes);

  auto id = std::make_shared<std::string>();
  CLI::App* command = add_command(*sandbox, session, "info", "Show a sandbox with its spec, as JSON",
                                  [&session, id] { return show_sandbox(session, *id); });
  command->add_option("ID", *id, "Sandbox id")->required();

  auto labelled = std::make_shared<std::string>();
  auto labels = std::make_shared<std::vector<std::string>>();
  command = add_command(*sandbox, session, "label", "Set labels; KEY= removes one",
                        [&session, labelled, labels] { return label_sandbox(session, *labelled, *labels); });
  command->add_option("ID", *labelled, "Sandbox id")->required();
  command->add_option("LABELS", *labels, "KEY=value")->required();

  auto ids = std::make_shared<std::vector<std::string>>();
  command = add_command(*sandbox, session, "rm", "Remove records of sandboxes, all or none",
                        [&session, ids] { return remove_sandboxes(session, *ids); });
  command->add_option("ID", *ids, "Sandbox ids")->required();
}

}  // namespace bayplan::cli
