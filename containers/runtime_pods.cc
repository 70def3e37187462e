// Metadata of containers, and pods as queries over it.
#include "runtime_service_state.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;

bool is_of_a_pod(const RuntimeMetadata& metadata) {
  return !metadata.pod_name.empty() && !metadata.pod_id.empty();
}

void add(PodMembers& members, std::string_view id, RuntimeMetadata metadata) {
  const bool first = id == metadata.pod_id;
  members.insert(first ? members.begin() : members.end(), PodMember{std::string(id), std::move(metadata)});
}

// Calls `visit` with each container of a pod, in byte order of the IDs.
Result<void> walk_members(const ServiceCore& core, const metadata::ListProblem& problem,
                          const std::function<void(std::string_view id, RuntimeMetadata)>& visit) {
  return core.db().view([&](const ReadTx& tx) -> Result<void> {
    return storage::walk(tx, core.ns(), [&](const storage::View& container) -> Result<void> {
      auto metadata = decode_runtime_metadata(container.metadata);
      if (!metadata) {
        if (problem) {
          problem(container.id, std::move(metadata).error().with_context("container", container.id));
        }
        return {};
      }
      if (is_of_a_pod(*metadata)) visit(container.id, *std::move(metadata));
      return {};
    });
  });
}

}  // namespace

Result<RuntimeMetadata> RuntimeService::container_metadata(std::string_view id) const {
  BAYPLAN_ASSIGN(const std::string text, state_->core.metadata(id));
  return decode_runtime_metadata(text).with_context("container", id);
}

Result<void> RuntimeService::set_container_metadata(std::string_view id,
                                                    const RuntimeMetadata& metadata) const {
  return state_->core.change_metadata(id,
                                      [&](std::string_view stored) { return encode_over(metadata, stored); });
}

Result<RuntimeMetadata> RuntimeService::update_container_metadata(
    std::string_view id, const std::function<Result<void>(RuntimeMetadata&)>& change) const {
  RuntimeMetadata metadata;
  auto changed = state_->core.change_metadata(id, [&](std::string_view stored) -> Result<std::string> {
    BAYPLAN_ASSIGN(metadata, decode_runtime_metadata(stored));
    BAYPLAN_TRY(change(metadata));
    return encode_over(metadata, stored);
  });
  if (!changed) return std::move(changed).error();
  return metadata;
}

Result<ContainerStatus> RuntimeService::container_status(std::string_view id_or_name) const {
  BAYPLAN_ASSIGN(std::string id, state_->container(id_or_name));
  BAYPLAN_ASSIGN(RuntimeMetadata metadata, container_metadata(id));
  ContainerStatus status{std::move(id), std::move(metadata)};
  BAYPLAN_ASSIGN(status.mounted, state_->core.mount_of(status.id));
  BAYPLAN_ASSIGN(status.image, state_->core.canonical_image(status.metadata.image_id));
  return status;
}

Result<std::map<std::string, PodMembers>> RuntimeService::pods(const metadata::ListProblem& problem) const {
  std::map<std::string, PodMembers> found;
  BAYPLAN_TRY(walk_members(state_->core, problem, [&](std::string_view id, RuntimeMetadata metadata) {
    PodMembers& members = found[metadata.pod_id];
    add(members, id, std::move(metadata));
  }));
  return found;
}

Result<PodMembers> RuntimeService::members(std::string_view pod_id,
                                           const metadata::ListProblem& problem) const {
  PodMembers found;
  BAYPLAN_TRY(walk_members(state_->core, problem, [&](std::string_view id, RuntimeMetadata metadata) {
    if (metadata.pod_id == pod_id) add(found, id, std::move(metadata));
  }));
  return found;
}

Result<Resync> RuntimeService::resync(const std::set<std::string>& known) const {
  BAYPLAN_ASSIGN(const auto ids,
                 state_->core.db().view([&](const ReadTx& tx) { return state_->core.own(tx); }));
  Resync sync;
  for (const std::string& id : ids) (known.contains(id) ? sync.kept : sync.added).insert(id);
  for (const std::string& id : known) {
    if (!ids.contains(id)) sync.vanished.insert(id);
  }
  return sync;
}

}  // namespace bayplan::containers
