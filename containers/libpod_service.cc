#include "bayplan/containers/libpod_service.h"

#include <utility>

#include "bayplan/base/labels.h"
#include "bayplan/snapshots/mount.h"
#include "service_core.h"

namespace bayplan::containers {
namespace {

Result<void> validate(const StorageRequest& request) {
  const bool has_image = !request.image_name.empty() || !request.image_id.empty();
  const bool has_snapshot = !request.snapshot.empty();
  if (!request.rootfs.empty() && (has_image || has_snapshot)) {
    return Error(Errc::invalid_argument, "rootfs", request.rootfs.native(),
                 "an image or a snapshot is given, too");
  }
  if (has_snapshot && has_image) {
    return Error(Errc::invalid_argument, "snapshot", request.snapshot, "an image is given, too");
  }
  if (request.rootfs.empty() && !has_image && !has_snapshot) {
    return bad(BadInput::image_name, {}, "an image needs a name or an ID");
  }
  if (request.container_name.empty()) return bad(BadInput::container_name, {}, "a container needs a name");
  BAYPLAN_TRY(validate_identifier("container ID", request.container_id));
  return snapshots::validate_mount_label(request.mount_label);
}

Result<void> not_empty(std::string_view id) {
  return id.empty() ? bad(BadInput::container_id, {}, "a container needs an ID") : Result<void>{};
}

Error not_known(std::string_view text) { return {Errc::not_found, "container", text}; }
Error no_such(std::string_view text) {
  return bad(BadInput::container_id, text, "no container is called so", Errc::not_found);
}

}  // namespace

struct StorageService::State {
  ServiceCore core;
};

StorageService::StorageService(std::shared_ptr<images::Store> store, ServiceOptions options)
    : state_(std::make_shared<const State>(
          State{ServiceCore(std::move(store), std::move(options), std::string(kLibpodOwner))})) {}

Result<ContainerInfo> StorageService::create_container(const StorageRequest& request,
                                                       const Control& control) const {
  BAYPLAN_TRY(validate(request));
  LibpodMetadata metadata{.image_name = request.image_name,
                          .name = request.container_name,
                          .created_at = unix_seconds(now()),
                          .mount_label = request.mount_label};
  NewContainer wanted;
  wanted.id = request.container_id;
  wanted.names = {request.container_name};
  wanted.layer_name = layer_name_of(request.container_name);
  wanted.mount_label = request.mount_label;
  wanted.config = request.config;
  if (!request.rootfs.empty()) {
    wanted.metadata = encode(metadata);
    return state_->core.create_on(request.rootfs, wanted);
  }
  if (!request.snapshot.empty()) {
    wanted.metadata = encode(metadata);
    return state_->core.create_from(request.snapshot, wanted);
  }
  BAYPLAN_ASSIGN(const ServiceImage image, state_->core.image(request.image_name, request.image_id));
  metadata.image_id = image.id();
  if (metadata.image_name.empty() && !image.stored.names.empty()) {
    metadata.image_name = image.stored.names.front();
  }
  wanted.metadata = encode(metadata);
  return state_->core.create(image, wanted, control);
}

Result<void> StorageService::delete_container(std::string_view id_or_name,
                                              const RemoveOptions& options) const {
  BAYPLAN_TRY(not_empty(id_or_name));
  BAYPLAN_ASSIGN(const std::string id, state_->core.find(id_or_name, not_known(id_or_name)));
  return state_->core.remove(id, options);
}

Result<LibpodMetadata> StorageService::container_metadata(std::string_view id) const {
  BAYPLAN_ASSIGN(const std::string text, state_->core.metadata(id));
  return decode_libpod_metadata(text).with_context("container", id);
}

Result<void> StorageService::set_container_metadata(std::string_view id,
                                                    const LibpodMetadata& metadata) const {
  return state_->core.change_metadata(id,
                                      [&](std::string_view stored) { return encode_over(metadata, stored); });
}

Result<std::filesystem::path> StorageService::start_container(std::string_view id_or_name) const {
  BAYPLAN_ASSIGN(const std::string id, state_->core.find(id_or_name, no_such(id_or_name)));
  BAYPLAN_ASSIGN(const LibpodMetadata metadata, container_metadata(id));
  return state_->core.start(id, {.mount_label = metadata.mount_label});
}

Result<void> StorageService::stop_container(std::string_view id_or_name) const {
  BAYPLAN_TRY(not_empty(id_or_name));
  BAYPLAN_ASSIGN(const std::string id, state_->core.find(id_or_name, not_known(id_or_name)));
  return state_->core.stop(id);
}

Result<bool> StorageService::unmount_container(std::string_view id_or_name, snapshots::Force force) const {
  BAYPLAN_ASSIGN(const std::string id, state_->core.find(id_or_name, no_such(id_or_name)));
  return state_->core.unmount(id, force);
}

Result<std::optional<MountedContainer>> StorageService::mounted(std::string_view id_or_name) const {
  BAYPLAN_ASSIGN(const std::string id, state_->core.find(id_or_name, no_such(id_or_name)));
  return state_->core.mount_of(id);
}

Result<std::filesystem::path> StorageService::work_dir(std::string_view id_or_name) const {
  BAYPLAN_ASSIGN(const std::string id, state_->core.find(id_or_name, no_such(id_or_name)));
  return state_->core.work_dir(id);
}

Result<std::filesystem::path> StorageService::run_dir(std::string_view id_or_name) const {
  BAYPLAN_ASSIGN(const std::string id, state_->core.find(id_or_name, no_such(id_or_name)));
  return state_->core.run_dir(id);
}

Result<std::vector<std::string>> StorageService::list() const { return state_->core.list(); }

Result<std::vector<MountedContainer>> StorageService::shutdown(snapshots::Force force) const {
  return state_->core.shutdown(force);
}

Result<std::vector<std::string>> StorageService::wipe() const { return state_->core.wipe(); }

Result<std::vector<std::string>> StorageService::prune() const { return state_->core.prune(); }

}  // namespace bayplan::containers
