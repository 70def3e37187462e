// The services of a command: the store that it opened, and both services over it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/containers/libpod_service.h"
#include "bayplan/containers/runtime_service.h"
#include "bayplan/containers/tasks.h"
#include "session.h"

namespace bayplan::cli {

struct Services {
  std::shared_ptr<images::Store> store;
  containers::RuntimeService runtime;  ///< an unknown container is an error
  containers::StorageService storage;
};

/// `options.common.ns` and `options.unknown` are set here.
Services services_over(const Session& session, std::shared_ptr<images::Store> store,
                       containers::RuntimeServiceOptions options = {});
/// Over the store for changing, or for looking only. Errors: those of opening it.
Result<Services> open_services(const Session& session, Result<images::Store> (Session::*open)() const);

/// The ID that `text` means: an ID, a name, a name of the layer, or the beginning of an ID. Errors: those of
/// containers::storage::find.
Result<std::string> find_container(const Session& session, const images::Store& store, std::string_view text);
/// All of them, or none. Errors: as find_container.
Result<std::vector<std::string>> find_containers(const Session& session, const images::Store& store,
                                                 const std::vector<std::string>& texts);

/// What runs the container; empty: nothing was left to run it. Errors: corrupt, closed, io.
Result<std::optional<containers::tasks::Task>> find_task(const Session& session, const images::Store& store,
                                                         std::string_view id);

struct PodName {
  std::string id;
  std::string name;
};
/// The pod that `text` means: its ID, its name, a name of its infrastructure container, or the beginning of
/// its ID. Errors: not_found (kind "pod"), corrupt, closed, io.
Result<PodName> name_pod(const Session& session, const Services& services, std::string_view text);

struct Pod {
  std::string id;
  containers::PodMembers members;  ///< at least one

  const containers::RuntimeMetadata& metadata() const { return members.front().metadata; }
};

/// The same with its members, which are looked for among all containers. Errors: as name_pod.
Result<Pod> find_pod(const Session& session, const Services& services, std::string_view text);

/// Metadata that cannot be read is told on standard error, and hides no other pod.
void tell_problem(std::string_view id, const Error& error);

}  // namespace bayplan::cli
