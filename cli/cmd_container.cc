#include <memory>

#include "bayplan/containers/service.h"
#include "label_arguments.h"
#include "listing.h"
#include "print.h"
#include "progress_bar.h"
#include "record_json.h"
#include "session.h"

namespace bayplan::cli {
namespace {

struct CreateArguments {
  std::string image;
  std::string id;
  std::vector<std::string> labels;
  std::string entrypoint;
  bool pin_image = false;
  containers::CreateOptions options;
};

Result<containers::Container> create(const Session& session, images::Store& store,
                                     CreateArguments arguments) {
  // What follows ID is the command, options of its own included; "--" may stand before it and is not part of
  // it.
  auto& args = arguments.options.spec.args;
  if (!args.empty() && args.front() == "--") {
    args.erase(args.begin());
  } else if (!args.empty() && args.front().starts_with('-')) {
    return Error(Errc::invalid_argument, "command", args.front(), "options stand before IMAGE and ID")
        .with_advice("put -- before a command that really begins with a dash");
  }
  BAYPLAN_ASSIGN(arguments.options.labels, parse_labels(arguments.labels));
  if (arguments.pin_image) arguments.options.pins = containers::Pins::snapshot_and_image;
  if (!arguments.entrypoint.empty()) arguments.options.spec.entrypoint = {arguments.entrypoint};
  ProgressBar bar;
  Control control = session.control;
  control.progress = bar.sink();
  return containers::create_from_image(store, session.ns, arguments.id, arguments.image, arguments.options,
                                       control);
}

Result<int> create_container(const Session& session, const CreateArguments& arguments) {
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  BAYPLAN_ASSIGN(const auto container, create(session, store, arguments));
  print_line(container.id);
  return 0;
}

Result<int> run_bundle(const Session& session, images::Store& store, const std::string& id) {
  BAYPLAN_ASSIGN(const auto runtime, containers::find_runtime());
  BAYPLAN_ASSIGN(auto bundle, containers::Bundle::prepare(store, session.run_root, session.ns, id));
  std::fflush(stdout);
  auto code = containers::run_foreground(bundle, runtime, session.run_root, session.ns, id);
  BAYPLAN_TRY(std::move(bundle).release());
  return code;
}

struct RunArguments {
  CreateArguments create;
  bool remove = false;
};

/// Without an image there is nothing to make a container of, so that what describes one would be ignored.
Result<void> check_arguments(const CreateArguments& create) {
  const auto& spec = create.options.spec;
  const bool described = !spec.args.empty() || !spec.env.empty() || !create.labels.empty() ||
                         !spec.user.empty() || !spec.working_dir.empty() || !spec.hostname.empty() ||
                         !create.entrypoint.empty() || spec.read_only_rootfs || spec.host_network ||
                         spec.terminal || create.pin_image;
  if (!create.image.empty() || !described) return {};
  return Error(Errc::invalid_argument, "container", create.id,
               "a command and options are given when it is created")
      .with_advice("add --image IMAGE to create it here, or use `container create`");
}

/// `run --image IMAGE ID` creates and runs, `run ID` runs what `create` made.
Result<int> run_container(const Session& session, const RunArguments& arguments) {
  BAYPLAN_TRY(check_arguments(arguments.create));
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  const std::string& id = arguments.create.id;
  if (!arguments.create.image.empty()) {
    BAYPLAN_TRY(create(session, store, arguments.create));
  }
  auto code = run_bundle(session, store, id);
  if (arguments.remove) {
    BAYPLAN_TRY(containers::remove_with_snapshot(store, session.run_root, session.ns, id));
  }
  return code;
}

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

Result<int> show_container(const Session& session, const std::string& id) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const auto container, store.db().view([&](const metadata::ReadTx& tx) {
    return containers::get(tx, session.ns, id);
  }));
  json::Writer out = begin_json();
  write_summary(out, container);
  write_record_parts(out, container.runtime, container.extensions);
  BAYPLAN_ASSIGN(const json::Document spec, json::Document::parse(container.spec, "spec of container " + id));
  out.key("spec").value(spec.root()).end_object();
  print_json(std::move(out));
  return 0;
}

Result<int> label_container(const Session& session, const std::string& id,
                            const std::vector<std::string>& labels) {
  BAYPLAN_ASSIGN(const Labels changes, parse_labels(labels));
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  BAYPLAN_TRY(store.db().update([&](metadata::WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto container, containers::get(tx, session.ns, id));
    for (const auto& [key, value] : changes) container.labels[key] = value;  // an empty value removes
    return containers::set_labels(tx, session.ns, id, container.labels);
  }));
  return 0;
}

Result<int> remove_containers(const Session& session, const std::vector<std::string>& ids) {
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  for (const auto& id : ids) {
    BAYPLAN_TRY(containers::remove_with_snapshot(store, session.run_root, session.ns, id));
  }
  return 0;
}

void add_spec_options(CLI::App& command, CreateArguments& arguments) {
  auto& spec = arguments.options.spec;
  // Without the three calls a repeatable option would eat the positionals that follow it.
  command.add_option("--env", spec.env, "NAME=value, may be repeated")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  command.add_option("--label", arguments.labels, "KEY=value, may be repeated")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  command.add_option("--user", spec.user, "user[:group] or uid[:gid]");
  command.add_option("--workdir", spec.working_dir, "Working directory inside the container");
  command.add_option("--hostname", spec.hostname, "Host name inside the container");
  command.add_option("--entrypoint", arguments.entrypoint, "Replaces the image's entrypoint");
  command.add_flag("--pin-image", arguments.pin_image,
                   "Keep the image too from the collector, also when it expires");
  command.add_flag("--read-only", spec.read_only_rootfs, "Mount the rootfs read-only");
  command.add_flag("--net-host", spec.host_network, "Share the host's network");
  command.add_flag("-t,--tty", spec.terminal, "Give the process a terminal");
}

void add_create(CLI::App& container, Session& session) {
  auto arguments = std::make_shared<CreateArguments>();
  CLI::App* command = add_command(container, session, "create", "Create a container from an image",
                                  [&session, arguments] { return create_container(session, *arguments); });
  command->add_option("IMAGE", arguments->image, "Image name")->required();
  command->add_option("ID", arguments->id, "Container id")->required();
  command->add_option("ARGS", arguments->options.spec.args, "Command and arguments; default: the image's");
  command->positionals_at_end();
  add_spec_options(*command, *arguments);
}

void add_run(CLI::App& container, Session& session) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command =
      add_command(container, session, "run",
                  "Run a container in the foreground with runc or crun; with --image create it first",
                  [&session, arguments] { return run_container(session, *arguments); });
  command->add_option("--image", arguments->create.image, "Create the container from this image first");
  command->add_flag("--rm", arguments->remove, "Remove the container afterwards");
  command->add_option("ID", arguments->create.id, "Container id")->required();
  command->add_option("ARGS", arguments->create.options.spec.args, "Command and arguments, with --image");
  command->positionals_at_end();
  add_spec_options(*command, arguments->create);
}

}  // namespace

void add_container_commands(CLI::App& app, Session& session) {
  CLI::App* container = app.add_subcommand("container", "Containers");
  container->require_subcommand(1);
  add_create(*container, session);
  add_run(*container, session);

  add_list_command(*container, session, "List containers", "Ids", list_containers);

  auto id = std::make_shared<std::string>();
  CLI::App* command = add_command(*container, session, "info", "Show a container and its spec, as JSON",
                                  [&session, id] { return show_container(session, *id); });
  command->add_option("ID", *id, "Container id")->required();

  auto labelled = std::make_shared<std::string>();
  auto labels = std::make_shared<std::vector<std::string>>();
  command =
      add_command(*container, session, "label", "Set labels; KEY= removes one",
                  [&session, labelled, labels] { return label_container(session, *labelled, *labels); });
  command->add_option("ID", *labelled, "Container id")->required();
  command->add_option("LABELS", *labels, "KEY=value")->required();

  auto ids = std::make_shared<std::vector<std::string>>();
  command = add_command(*container, session, "rm", "Remove containers and their snapshots",
                        [&session, ids] { return remove_containers(session, *ids); });
  command->add_option("ID", *ids, "Container ids")->required();
}

}  // namespace bayplan::cli
