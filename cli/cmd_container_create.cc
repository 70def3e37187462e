// container create, run.
#include <memory>

#include "bayplan/containers/service.h"
#include "bayplan/images/signature_policy.h"
#include "bayplan/images/stored_images.h"
#include "label_arguments.h"
#include "print.h"
#include "progress_bar.h"
#include "service_parts.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

struct CreateArguments {
  std::string image;
  std::filesystem::path rootfs;
  std::string id;
  std::vector<std::string> labels;
  SpecArguments spec;
  bool pin_image = false;
};

struct MemberArguments {
  std::string pod;
  containers::ContainerRequest request;
  std::filesystem::path config;
};

Result<containers::Container> create(const Session& session, images::Store& store,
                                     const CreateArguments& arguments) {
  containers::CreateOptions options;
  BAYPLAN_ASSIGN(options.spec, spec_of(arguments.spec));
  BAYPLAN_ASSIGN(options.labels, parse_labels(arguments.labels));
  if (arguments.pin_image) options.pins = containers::Pins::snapshot_and_image;
  if (!arguments.rootfs.empty()) {
    return containers::create_on_rootfs(store, session.ns, arguments.id,
                                        std::filesystem::absolute(arguments.rootfs), options);
  }
  ProgressBar bar;
  const Control control{.cancel = session.control.cancel, .progress = bar.sink()};
  return containers::create_from_image(store, session.ns, arguments.id, arguments.image, options, control);
}

// An image that was given by its ID is recorded so.
void set_image(const Session& session, const Services& services, const std::string& text,
               containers::ContainerRequest& request) {
  const images::StoredImages stored(*services.store, session.ns);
  const auto found =
      services.store->db().view([&](const metadata::ReadTx& tx) { return stored.lookup(tx, text); });
  const bool by_id = found && found->by_id;
  (by_id ? request.image_id : request.image_name) = by_id ? found->id.to_string() : text;
}

Result<int> create_member(const Session& session, const CreateArguments& create,
                          const MemberArguments& member) {
  if (!create.labels.empty()) {
    return Error(Errc::invalid_argument, "option", "--label", "is not for containers of pods")
        .with_advice("`container label` sets it afterwards");
  }
  containers::ContainerRequest request = member.request;
  BAYPLAN_ASSIGN(request.spec, spec_of(create.spec));
  if (!member.config.empty()) {
    BAYPLAN_ASSIGN(request.config, read_config(member.config, create.spec));
  }
  containers::RuntimeServiceOptions options;
  BAYPLAN_ASSIGN(options.common.policy, images::SignaturePolicy::load(images::ConfigDirs::of_process()));
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  const Services services =
      services_over(session, std::make_shared<images::Store>(std::move(store)), std::move(options));
  BAYPLAN_ASSIGN(const PodName pod, name_pod(session, services, member.pod));
  request.pod_id = pod.id;
  request.pod_name = pod.name;
  request.container_id = create.id;
  if (request.container_name.empty()) request.container_name = create.id;
  set_image(session, services, create.image, request);
  ProgressBar bar;
  const Control control{.cancel = session.control.cancel, .progress = bar.sink()};
  BAYPLAN_ASSIGN(const auto made, services.runtime.create_container(request, control));
  print_made(session, made);
  return 0;
}

Result<int> create_container(const Session& session, const CreateArguments& arguments,
                             const MemberArguments& member) {
  if (!member.pod.empty()) return create_member(session, arguments, member);
  const bool of_a_pod = !member.request.container_name.empty() || !member.request.mount_label.empty() ||
                        member.request.attempt != 0 || !member.config.empty();
  if (of_a_pod) {
    return Error(Errc::invalid_argument, "container", arguments.id,
                 "--name, --attempt, --mount-label and --config are for containers of pods")
        .with_advice("add --pod POD");
  }
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

bool creates(const CreateArguments& create) { return !create.image.empty() || !create.rootfs.empty(); }

/// Without an image or a root there is nothing to make a container of, so that what describes one would be
/// ignored.
Result<void> check_arguments(const CreateArguments& create) {
  const bool described = create.spec.any() || !create.labels.empty() || create.pin_image;
  if (creates(create) || !described) return {};
  return Error(Errc::invalid_argument, "container", create.id,
               "a command and options are given when it is created")
      .with_advice("add --image IMAGE or --rootfs DIR to create it here, or use `container create`");
}

/// `run --image IMAGE ID` and `run --rootfs DIR ID` create and run, `run ID` runs what `create` made.
Result<int> run_container(const Session& session, const RunArguments& arguments) {
  BAYPLAN_TRY(check_arguments(arguments.create));
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  std::string id = arguments.create.id;
  if (!creates(arguments.create)) {
    BAYPLAN_ASSIGN(id, find_container(session, store, id));
  } else {
    BAYPLAN_TRY(create(session, store, arguments.create));
  }
  auto code = run_bundle(session, store, id);
  if (arguments.remove) {
    BAYPLAN_TRY(containers::remove_with_snapshot(store, session.run_root, session.ns, id));
  }
  return code;
}

void add_record_options(CLI::App& command, CreateArguments& arguments) {
  add_repeated(command, "--label", arguments.labels, "KEY=value, may be repeated");
  add_spec_options(command, arguments.spec);
  command.add_flag("--pin-image", arguments.pin_image,
                   "Keep the image too from the collector, also when it expires; in a pod it always is");
}

void add_create(CLI::App& container, Session& session) {
  auto arguments = std::make_shared<CreateArguments>();
  auto member = std::make_shared<MemberArguments>();
  CLI::App* command =
      add_command(container, session, "create", "Create a container from an image, in a pod if one is named",
                  [&session, arguments, member] { return create_container(session, *arguments, *member); });
  command->add_option("IMAGE", arguments->image, "Image name")->required();
  command->add_option("ID", arguments->id, "Container id")->required();
  add_process_arguments(*command, arguments->spec, "Command and arguments; default: the image's");
  add_record_options(*command, *arguments);
  command->add_option("--pod", member->pod, std::string("Pod that it is one of: ") + kPodHelp);
  command->add_option("--name", member->request.container_name, "Name in a pod; default: ID");
  command->add_option("--attempt", member->request.attempt, "How often it was made before, in a pod");
  command->add_option("--mount-label", member->request.mount_label, "SELinux label of its files, in a pod");
  add_config_option(*command, member->config);
}

void add_run(CLI::App& container, Session& session) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = add_command(
      container, session, "run",
      "Run a container in the foreground with runc or crun; with --image or --rootfs create it first",
      [&session, arguments] { return run_container(session, *arguments); });
  CLI::Option* image =
      command->add_option("--image", arguments->create.image, "Create the container from this image first");
  command
      ->add_option("--rootfs", arguments->create.rootfs,
                   "Create it on this directory, which is its root and stays, first")
      ->excludes(image);
  command->add_flag("--rm", arguments->remove, "Remove the container afterwards");
  command->add_option("ID", arguments->create.id, "ID of a new container; or ID or name of one")->required();
  add_process_arguments(*command, arguments->create.spec, "Command and arguments, with --image or --rootfs");
  add_record_options(*command, arguments->create);
}

}  // namespace

void add_container_create_commands(CLI::App& container, Session& session) {
  add_create(container, session);
  add_run(container, session);
}

}  // namespace bayplan::cli
