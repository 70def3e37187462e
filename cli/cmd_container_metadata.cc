// container metadata, exec-config.
#include <memory>

#include "bayplan/containers/storage_record.h"
#include "print.h"
#include "read_argument.h"
#include "service_parts.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

namespace storage = containers::storage;

struct Kept {
  std::string id;
  storage::Record record;
};

Result<Kept> kept_of(const Session& session, const images::Store& store, std::string_view text) {
  return store.db().view([&](const metadata::ReadTx& tx) -> Result<Kept> {
    Kept kept;
    BAYPLAN_ASSIGN(kept.id, storage::find(tx, session.ns, text));
    BAYPLAN_ASSIGN(kept.record, storage::get(tx, session.ns, kept.id));
    return kept;
  });
}

Result<int> print_metadata(const Session& session, const std::string& text) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const Kept kept, kept_of(session, store, text));
  if (kept.record.metadata.empty()) {
    return Error(Errc::not_found, "metadata", kept.id, "no service made this container")
        .with_advice("`container info` shows its record");
  }
  print_line(kept.record.metadata);
  return 0;
}

Result<int> replace_metadata(const Session& session, const std::string& text,
                             const std::filesystem::path& file) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_present_store));
  BAYPLAN_ASSIGN(const Kept kept, kept_of(session, *services.store, text));
  BAYPLAN_ASSIGN(const std::string json, read_argument(file, storage::kMaxMetadataBytes));
  if (kept.record.owner == containers::kLibpodOwner) {
    BAYPLAN_ASSIGN(const auto metadata, containers::decode_libpod_metadata(json));
    BAYPLAN_TRY(services.storage.set_container_metadata(kept.id, metadata));
    return 0;
  }
  if (kept.record.owner != containers::kRuntimeOwner) {
    return Error(Errc::failed_precondition, "container", kept.id,
                 "no service made it that could read metadata");
  }
  BAYPLAN_ASSIGN(const auto metadata, containers::decode_runtime_metadata(json));
  BAYPLAN_TRY(services.runtime.set_container_metadata(kept.id, metadata));
  return 0;
}

struct ConfigArguments {
  std::string container;
  bool as_template = false;
};

Result<int> print_config(const Session& session, const ConfigArguments& arguments) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_present_store));
  BAYPLAN_ASSIGN(const std::string id, find_container(session, *services.store, arguments.container));
  BAYPLAN_ASSIGN(const std::filesystem::path directory,
                 arguments.as_template ? services.runtime.work_dir(id) : services.runtime.run_dir(id));
  auto config = read_argument(directory / "config.json", json::kMaxJsonBytes);
  if (!config && config.error().code() == Errc::not_found) {
    return Error(Errc::not_found, "runtime configuration", id,
                 arguments.as_template ? "it has no template" : "it was not started in this boot")
        .with_advice(arguments.as_template ? "no service made it: `container info` shows its spec"
                                           : "start it, mount it, or ask for --template");
  }
  BAYPLAN_TRY(config);
  print_line(*config);
  return 0;
}

}  // namespace

void add_container_metadata_commands(CLI::App& container, Session& session) {
  auto text = std::make_shared<std::string>();
  auto file = std::make_shared<std::filesystem::path>();
  CLI::App* command = add_command(
      container, session, "metadata", "Print what the service keeps about a container, as JSON",
      [&session, text, file] {
        return file->empty() ? print_metadata(session, *text) : replace_metadata(session, *text, *file);
      });
  command->add_option("CONTAINER", *text, kContainerHelp)->required();
  command->add_option("--set", *file,
                      "Replace it by the JSON in this file, - for standard input; unknown keys stay");

  auto config = std::make_shared<ConfigArguments>();
  command = add_command(container, session, "exec-config",
                        "Print the runtime spec that the last start made, with the mountpoint as its root",
                        [&session, config] { return print_config(session, *config); });
  command->add_option("CONTAINER", config->container, kContainerHelp)->required();
  command->add_flag("--template", config->as_template, "What each start makes it of");
}

}  // namespace bayplan::cli
