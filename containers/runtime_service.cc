#include "bayplan/containers/runtime_service.h"

#include <utility>

#include "bayplan/containers/pull.h"
#include "bayplan/snapshots/mount.h"
#include "runtime_service_state.h"

namespace bayplan::containers {
namespace {

Result<void> validate(CreateRequest& request) {
  RuntimeMetadata& metadata = request.metadata;
  if (metadata.pod_name.empty() || metadata.pod_id.empty()) {
    return bad(BadInput::pod_name, metadata.pod_name, "a pod needs a name and an ID");
  }
  if (metadata.image_name.empty() && metadata.image_id.empty()) {
    return bad(BadInput::image_name, {}, "an image needs a name or an ID");
  }
  if (metadata.name.empty()) return bad(BadInput::container_name, {}, "a container needs a name");
  if (metadata.metadata_name.empty()) metadata.metadata_name = metadata.name;
  BAYPLAN_TRY(validate_identifier("container ID", request.id));
  return snapshots::validate_mount_label(metadata.mount_label);
}

NewContainer container_of(const CreateRequest& request) {
  const RuntimeMetadata& metadata = request.metadata;
  NewContainer wanted;
  wanted.id = request.id;
  wanted.sandbox_id = metadata.pod_id;
  wanted.names = {metadata.name};
  if (metadata.pod) wanted.names.push_back(metadata.pod_name);
  wanted.layer_name = layer_name_of(metadata.name);
  wanted.metadata = encode(metadata);
  wanted.mount_label = metadata.mount_label;
  wanted.config = request.config;
  wanted.spec = request.spec;
  wanted.spec.joins_pod = !metadata.pod;
  return wanted;
}

RuntimeServiceOptions over(const images::ImageService& images, RuntimeServiceOptions options) {
  options.common.ns = images.ns();
  if (!options.pull) options.pull = pull_with(images);
  return options;
}

}  // namespace

RuntimeService::State::State(std::shared_ptr<images::Store> store, RuntimeServiceOptions with)
    : options(std::move(with)), core(std::move(store), options.common, std::string(kRuntimeOwner)) {}

Result<ServiceImage> RuntimeService::State::image_or_pulled(const std::string& name, const std::string& id,
                                                            const images::RemoteContext& context,
                                                            const Control& control) const {
  auto image = core.image(name, id);
  const bool pulled = !options.pause_image.empty() && name == options.pause_image && options.pull;
  if (image || !pulled || !is_missing_image(image.error())) return image;
  BAYPLAN_TRY(options.pull(name, context, control));
  return core.image(name, id);
}

// A container is created by what its image is now, whatever becomes of the name that it was asked for by.
Result<ContainerInfo> RuntimeService::State::create(CreateRequest request, const Control& control) const {
  BAYPLAN_TRY(validate(request));
  RuntimeMetadata& metadata = request.metadata;
  BAYPLAN_ASSIGN(const ServiceImage image,
                 image_or_pulled(metadata.image_name, metadata.image_id, request.copy_options, control));
  if (metadata.image_name.empty() && !image.stored.names.empty()) {
    metadata.image_name = image.stored.names.front();
  }
  metadata.image_id = image.id();
  metadata.pod = request.id == metadata.pod_id;
  metadata.created_at = unix_seconds(now());
  return core.create(image, container_of(request), control);
}

Result<std::string> RuntimeService::State::container(std::string_view text) const {
  if (text.empty()) return bad(BadInput::container_id, {}, "a container needs an ID");
  return core.find(text, bad(BadInput::container_id, text, "no container is called so", Errc::not_found));
}

RuntimeService::RuntimeService(std::shared_ptr<images::Store> store, RuntimeServiceOptions options)
    : state_(std::make_shared<const State>(std::move(store), std::move(options))) {}

RuntimeService::RuntimeService(const images::ImageService& images, RuntimeServiceOptions options)
    : RuntimeService(images.store(), over(images, std::move(options))) {}

Result<ContainerInfo> RuntimeService::create_pod_sandbox(const SandboxRequest& request,
                                                         const Control& control) const {
  CreateRequest all{.copy_options = request.copy_options, .config = request.config, .spec = request.spec};
  all.id = request.pod_id;
  all.metadata.pod_name = request.pod_name;
  all.metadata.pod_id = request.pod_id;
  all.metadata.image_name = request.image_name;
  all.metadata.image_id = request.image_id;
  all.metadata.name = request.container_name;
  all.metadata.metadata_name = request.metadata_name;
  all.metadata.uid = request.uid;
  all.metadata.pod_namespace = request.pod_namespace;
  all.metadata.attempt = request.attempt;
  return state_->create(std::move(all), control);
}

Result<ContainerInfo> RuntimeService::create_container(const ContainerRequest& request,
                                                       const Control& control) const {
  CreateRequest all{.copy_options = request.copy_options, .config = request.config, .spec = request.spec};
  all.id = request.container_id;
  all.metadata.pod_name = request.pod_name;
  all.metadata.pod_id = request.pod_id;
  all.metadata.image_name = request.image_name;
  all.metadata.image_id = request.image_id;
  all.metadata.name = request.container_name;
  all.metadata.metadata_name = request.metadata_name;
  all.metadata.attempt = request.attempt;
  all.metadata.mount_label = request.mount_label;
  return state_->create(std::move(all), control);
}

Result<void> RuntimeService::remove_pod_sandbox(std::string_view id_or_name,
                                                const RemoveOptions& options) const {
  const Error unknown = bad(BadInput::sandbox_id, id_or_name, "no pod sandbox is called so",
                            id_or_name.empty() ? Errc::invalid_argument : Errc::not_found);
  BAYPLAN_ASSIGN(const std::string id, state_->core.find(id_or_name, unknown));
  BAYPLAN_ASSIGN(const std::string text, state_->core.metadata(id));
  const auto metadata = decode_runtime_metadata(text);
  if (!metadata || !metadata->pod) {
    return bad(BadInput::sandbox_id, id_or_name, "it is no pod's infrastructure container");
  }
  return state_->core.remove(id, options);
}

Result<void> RuntimeService::delete_container(std::string_view id_or_name,
                                              const RemoveOptions& options) const {
  return state_->with_known(id_or_name,
                            [&](const std::string& id) { return state_->core.remove(id, options); });
}

Result<std::filesystem::path> RuntimeService::start_container(std::string_view id_or_name) const {
  BAYPLAN_ASSIGN(const std::string id, state_->container(id_or_name));
  BAYPLAN_ASSIGN(const std::string text, state_->core.metadata(id));
  if (text.empty()) return state_->core.start(id);
  BAYPLAN_ASSIGN(const RuntimeMetadata metadata, decode_runtime_metadata(text).with_context("container", id));
  const bool member = !metadata.pod && !metadata.pod_id.empty();
  return state_->core.start(id, {metadata.mount_label, member ? metadata.pod_id : std::string()});
}

Result<void> RuntimeService::stop_container(std::string_view id_or_name) const {
  return state_->with_known(id_or_name, [&](const std::string& id) { return state_->core.stop(id); });
}

Result<std::filesystem::path> RuntimeService::work_dir(std::string_view id_or_name) const {
  BAYPLAN_ASSIGN(const std::string id, state_->container(id_or_name));
  return state_->core.work_dir(id);
}

Result<std::filesystem::path> RuntimeService::run_dir(std::string_view id_or_name) const {
  BAYPLAN_ASSIGN(const std::string id, state_->container(id_or_name));
  return state_->core.run_dir(id);
}

Result<std::vector<std::string>> RuntimeService::list() const { return state_->core.list(); }

Result<std::vector<MountedContainer>> RuntimeService::shutdown(snapshots::Force force) const {
  return state_->core.shutdown(force);
}

Result<std::vector<std::string>> RuntimeService::wipe() const { return state_->core.wipe(); }

Result<std::vector<std::string>> RuntimeService::prune() const { return state_->core.prune(); }

}  // namespace bayplan::containers
