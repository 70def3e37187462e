#include <array>
#include <memory>

#include "bayplan/base/random.h"
#include "bayplan/images/pull.h"
#include "bayplan/images/signature_policy.h"
#include "listing.h"
#include "print.h"
#include "progress_bar.h"
#include "remote_arguments.h"
#include "service_parts.h"
#include "services.h"
#include "spec_arguments.h"
#include "transfer_progress.h"

namespace bayplan::cli {
namespace {

constexpr std::size_t kPodIdBytes = 32;

struct CreateArguments {
  std::string image = "registry.k8s.io/pause:3.9";
  containers::SandboxRequest request{};
  std::filesystem::path config{};
  SpecArguments spec{};
  RemoteArguments remote{};
};

Result<std::string> random_pod_id() {
  std::array<std::byte, kPodIdBytes> bytes{};
  BAYPLAN_TRY(fill_random(bytes));
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  for (const std::byte byte : bytes) {
    id += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    id += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return id;
}

Result<containers::SandboxRequest> request_of(const CreateArguments& arguments,
                                              images::RemoteContext context) {
  containers::SandboxRequest request = arguments.request;
  request.image_name = arguments.image;
  request.copy_options = std::move(context);
  if (request.container_name.empty()) request.container_name = request.pod_name + "-infra";
  if (request.pod_id.empty()) {
    BAYPLAN_ASSIGN(request.pod_id, random_pod_id());
  }
  BAYPLAN_ASSIGN(request.spec, spec_of(arguments.spec));
  if (!arguments.config.empty()) {
    BAYPLAN_ASSIGN(request.config, read_config(arguments.config, arguments.spec));
  }
  return request;
}

// The infrastructure container's image is the only one that is fetched where it is missing.
containers::PullImage pull_into(const Session& session, std::shared_ptr<images::Store> store,
                                RegistryClient& client) {
  return [&session, store = std::move(store), &client](const std::string& image,
                                                       const images::RemoteContext& context,
                                                       const Control& control) -> Result<void> {
    TransferProgress progress(session);  // as of every transfer, not the bar of the creation
    const Control shown{.cancel = control.cancel, .progress = progress.sink()};
    BAYPLAN_TRY(images::pull(*store, session.ns, image, client.provider(), context, {}, shown));
    return {};
  };
}

Result<int> create_pod(const Session& session, const CreateArguments& arguments) {
  BAYPLAN_ASSIGN(images::RemoteContext context, remote_context(arguments.remote));
  BAYPLAN_ASSIGN(auto policy, images::SignaturePolicy::load(context.dirs, context.policy_file));
  BAYPLAN_ASSIGN(const auto request, request_of(arguments, std::move(context)));
  BAYPLAN_ASSIGN(images::Store opened, session.open_store());
  const auto store = std::make_shared<images::Store>(std::move(opened));
  RegistryClient client;
  containers::RuntimeServiceOptions options;
  options.common.policy = std::move(policy);
  options.pause_image = arguments.image;
  options.pull = pull_into(session, store, client);
  const Services services = services_over(session, store, std::move(options));
  ProgressBar bar;
  const Control control{.cancel = session.control.cancel, .progress = bar.sink()};
  BAYPLAN_ASSIGN(const auto made, services.runtime.create_pod_sandbox(request, control));
  print_made(session, made);
  return 0;
}

void write_pod(json::Writer& out, const Pod& pod) {
  const containers::RuntimeMetadata& of_pod = pod.metadata();
  out.member("id", pod.id).member("name", of_pod.pod_name).member("namespace", of_pod.pod_namespace);
  out.member("uid", of_pod.uid).key("attempt").unsigned_integer(of_pod.attempt);
  out.member("createdAt", format_rfc3339(time_of(of_pod)));
}

Result<int> list_pods(const Session& session, bool quiet) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_store_read_only));
  Listing listing(session, "pods", {"POD", "NAME", "NAMESPACE", "CONTAINERS", "CREATED"}, quiet);
  BAYPLAN_ASSIGN(auto pods, services.runtime.pods(
                                [&](std::string_view, const Error& error) { listing.add_problem(error); }));
  for (auto& [id, members] : pods) {
    const Pod pod{id, std::move(members)};
    listing.add(id,
                {id, pod.metadata().pod_name, pod.metadata().pod_namespace,
                 std::to_string(pod.members.size()), format_rfc3339(time_of(pod.metadata()))},
                [&](json::Writer& out) {
                  write_pod(out, pod);
                  out.key("containers").begin_array();
                  for (const auto& member : pod.members) out.string(member.id);
                  out.end_array();
                });
  }
  return std::move(listing).finish();
}

using MaybeTask = std::optional<containers::tasks::Task>;

void write_member(json::Writer& out, const containers::ContainerStatus& status, const MaybeTask& task) {
  out.begin_object().member("id", status.id).member("name", status.metadata.name);
  out.key("infrastructure").boolean(status.metadata.pod);
  out.member("imageID", status.metadata.image_id).member("imageName", status.metadata.image_name);
  if (status.image) out.member("image", *status.image);
  if (status.mounted) {
    out.key("mounted").begin_object().member("target", status.mounted->target.native());
    out.key("count").unsigned_integer(status.mounted->count).end_object();
  }
  if (task) {
    out.key("task").begin_object().key("pid").integer(task->pid);
    out.member("state", to_string(containers::tasks::state(*task))).end_object();
  }
  out.end_object();
}

Result<int> inspect_pod(const Session& session, const std::string& text) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_store_read_only));
  BAYPLAN_ASSIGN(const Pod pod, find_pod(session, services, text));
  json::Writer out = begin_json();
  write_pod(out, pod);
  out.key("containers").begin_array();
  for (const auto& member : pod.members) {
    BAYPLAN_ASSIGN(const auto status, services.runtime.container_status(member.id));
    BAYPLAN_ASSIGN(const auto task, find_task(session, *services.store, member.id));
    write_member(out, status, task);
  }
  out.end_array().end_object();
  print_json(std::move(out));
  return 0;
}

struct RemoveArguments {
  std::vector<std::string> pods;
  bool sync = false;
};

// Of each pod its members first: the infrastructure container is what the pod is found by.
Result<int> remove_pods(const Session& session, const RemoveArguments& arguments) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_present_store));
  std::vector<std::string> ids;
  for (const auto& text : arguments.pods) {
    BAYPLAN_ASSIGN(const Pod pod, find_pod(session, services, text));
    for (auto member = pod.members.rbegin(); member != pod.members.rend(); ++member)
      ids.push_back(member->id);
  }
  BAYPLAN_TRY(remove_containers(session, services, ids, {.sync = arguments.sync}));
  return 0;
}

void add_create(CLI::App& pod, Session& session) {
  auto arguments = std::make_shared<CreateArguments>();
  CLI::App* command =
      add_command(pod, session, "create", "Create a pod with its infrastructure container, and print its ID",
                  [&session, arguments] { return create_pod(session, *arguments); });
  auto& request = arguments->request;
  command->add_option("NAME", request.pod_name, "Name of the pod")->required();
  add_process_arguments(*command, arguments->spec,
                        "Command and arguments of the infrastructure container; default: the image's");
  command
      ->add_option("--image", arguments->image,
                   "The infrastructure container's image; pulled if it is missing")
      ->capture_default_str();
  command->add_option("--id", request.pod_id, "ID of the pod; default: a random one");
  command->add_option("--infra-name", request.container_name,
                      "Name of the infrastructure container; default: NAME-infra");
  command->add_option("--pod-namespace", request.pod_namespace, "Its namespace in Kubernetes");
  command->add_option("--uid", request.uid, "Its UID in Kubernetes");
  command->add_option("--attempt", request.attempt, "How often it was made before");
  add_config_option(*command, arguments->config);
  add_spec_options(*command, arguments->spec);
  add_remote_options(*command, arguments->remote);
  command->add_option("--signature-policy", arguments->remote.policy_file, "policy.json to go by");
}

}  // namespace

void add_pod_commands(CLI::App& app, Session& session) {
  CLI::App* pod = app.add_subcommand("pod", "Pods: the containers that name one, and the one that is it");
  pod->require_subcommand(1);
  add_create(*pod, session);

  auto quiet = std::make_shared<bool>();
  CLI::App* command =
      add_command(*pod, session, "ls", "List pods", [&session, quiet] { return list_pods(session, *quiet); });
  command->add_flag("-q,--quiet", *quiet, "IDs only");

  auto inspected = std::make_shared<std::string>();
  command = add_command(*pod, session, "inspect", "Show a pod and its containers, as JSON",
                        [&session, inspected] { return inspect_pod(session, *inspected); });
  command->add_option("POD", *inspected, kPodHelp)->required();

  auto removed = std::make_shared<RemoveArguments>();
  command = add_command(*pod, session, "rm",
                        "Remove pods with all their containers, which must not run, and what those wrote",
                        [&session, removed] { return remove_pods(session, *removed); });
  command->add_option("POD", removed->pods, kPodHelp)->required();
  add_sync_option(*command, removed->sync);
}

}  // namespace bayplan::cli
