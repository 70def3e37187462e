#include <memory>

#include "bayplan/containers/service.h"
#include "bayplan/containers/storage_record.h"
#include "label_arguments.h"
#include "listing.h"
#include "print.h"
#include "record_json.h"
#include "service_parts.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

void write_summary(json::Writer& out, const containers::Container& container) {
  out.member("id", container.id).member("image", container.image);
  out.member("runtime", container.runtime.name).member("sandboxId", container.sandbox_id);
  out.member("snapshotter", container.snapshotter).member("snapshotKey", container.snapshot_key);
  out.member("createdAt", format_rfc3339(container.created));
  out.member("updatedAt", format_rfc3339(container.updated));
  write_labels(out, container.labels);
}

Result<int> list_containers(const Session& session, const ListArguments& arguments) {
  BAYPLAN_ASSIGN(const auto filter, bind_filter(arguments, containers::container_fields()));
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  Listing listing(session, "containers", {"CONTAINER", "IMAGE", "RUNTIME", "SNAPSHOT", "CREATED"},
                  arguments.quiet);
  const auto show = [&](const containers::Container& container) -> Result<void> {
    listing.add(container.id,
                {container.id, container.image, container.runtime.name,
                 container.snapshotter + "/" + container.snapshot_key, format_rfc3339(container.created)},
                [&](json::Writer& out) { write_summary(out, container); });
    return {};
  };
  BAYPLAN_ASSIGN(const auto end, store.db().view([&](const metadata::ReadTx& tx) {
    return containers::list(tx, session.ns, filter, arguments.page, show,
                            [&](std::string_view, const Error& error) { listing.add_problem(error); });
  }));
  if (end.more) listing.cut_at(end.last);
  return std::move(listing).finish();
}

struct Shown {
  containers::Container container;
  containers::storage::Record kept;
};

void write_strings(json::Writer& out, std::string_view key, const std::vector<std::string>& strings) {
  out.key(key).begin_array();
  for (const auto& text : strings) out.string(text);
  out.end_array();
}

Result<int> show_container(const Session& session, const std::string& text) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const auto shown, store.db().view([&](const metadata::ReadTx& tx) -> Result<Shown> {
    Shown found;
    BAYPLAN_ASSIGN(const std::string id, containers::storage::find(tx, session.ns, text));
    BAYPLAN_ASSIGN(found.container, containers::get(tx, session.ns, id));
    BAYPLAN_ASSIGN(found.kept, containers::storage::get(tx, session.ns, id));
    return found;
  }));
  const containers::Container& container = shown.container;
  json::Writer out = begin_json();
  write_summary(out, container);
  out.member("service", shown.kept.owner);
  write_strings(out, "names", shown.kept.names);
  write_strings(out, "layerNames", shown.kept.layer_names);
  write_record_parts(out, container.runtime, container.extensions);
  BAYPLAN_ASSIGN(const json::Document spec,
                 json::Document::parse(container.spec, "spec of container " + container.id));
  out.key("spec").value(spec.root()).end_object();
  print_json(std::move(out));
  return 0;
}

Result<int> label_container(const Session& session, const std::string& text,
                            const std::vector<std::string>& labels) {
  BAYPLAN_ASSIGN(const Labels changes, parse_labels(labels));
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  BAYPLAN_TRY(store.db().update([&](metadata::WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const std::string id, containers::storage::find(tx, session.ns, text));
    BAYPLAN_ASSIGN(auto container, containers::get(tx, session.ns, id));
    for (const auto& [key, value] : changes) container.labels[key] = value;  // an empty value removes
    return containers::set_labels(tx, session.ns, id, container.labels);
  }));
  return 0;
}

struct RemoveArguments {
  std::vector<std::string> containers;
  bool sync = false;
};

Result<int> remove_containers(const Session& session, const RemoveArguments& arguments) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_present_store));
  BAYPLAN_ASSIGN(const auto ids, find_containers(session, *services.store, arguments.containers));
  BAYPLAN_TRY(remove_containers(session, services, ids, {.sync = arguments.sync}));
  return 0;
}

}  // namespace

void add_container_commands(CLI::App& app, Session& session) {
  CLI::App* container = app.add_subcommand("container", "Containers");
  container->require_subcommand(1);
  add_container_create_commands(*container, session);
  add_container_start_commands(*container, session);
  add_container_mount_commands(*container, session);
  add_container_metadata_commands(*container, session);

  add_list_command(*container, session, {"List containers", "Ids"}, list_containers);

  auto id = std::make_shared<std::string>();
  CLI::App* command = add_command(*container, session, "info", "Show a container and its spec, as JSON",
                                  [&session, id] { return show_container(session, *id); });
  command->add_option("CONTAINER", *id, kContainerHelp)->required();

  auto labelled = std::make_shared<std::string>();
  auto labels = std::make_shared<std::vector<std::string>>();
  command =
      add_command(*container, session, "label", "Set labels; KEY= removes one",
                  [&session, labelled, labels] { return label_container(session, *labelled, *labels); });
  command->add_option("CONTAINER", *labelled, kContainerHelp)->required();
  command->add_option("LABELS", *labels, "KEY=value")->required();

  auto removed = std::make_shared<RemoveArguments>();
  command = add_command(*container, session, "rm",
                        "Remove containers that do not run, with their snapshots and directories, unmounted",
                        [&session, removed] { return remove_containers(session, *removed); });
  command->add_option("CONTAINER", removed->containers, kContainerHelp)->required();
  add_sync_option(*command, removed->sync);
}

}  // namespace bayplan::cli
