#pragma once

#include "bayplan/containers/runtime_service.h"
#include "service_core.h"

namespace bayplan::containers {

/// What both creations are asked for, in one form.
struct CreateRequest {
  const images::RemoteContext& copy_options;
  const std::string& config;
  const SpecOptions& spec;
  RuntimeMetadata metadata{};
  std::string id{};
};

struct RuntimeService::State {
  State(std::shared_ptr<images::Store> store, RuntimeServiceOptions with);

  /// The image; where it is unknown and the pause image, after a pull. Errors: those of find_image and of the
  /// pull.
  Result<ServiceImage> image_or_pulled(const std::string& name, const std::string& id,
                                       const images::RemoteContext& context, const Control& control) const;
  /// As RuntimeService::create_container.
  Result<ContainerInfo> create(CreateRequest request, const Control& control) const;
  /// The ID of the container that `text` means. Errors: unknown container, corrupt, closed, io.
  Result<std::string> container(std::string_view text) const;

  /// Calls `act(id)`; a container that is not known, or goes meanwhile, is what the options say.
  template <class F>
  Result<void> with_known(std::string_view text, F&& act) const {
    const auto id = container(text);
    auto done = id ? act(*id) : Result<void>(id.error());
    const bool missing =
        !done && done.error().code() == Errc::not_found && (!id || done.error().kind() == "container");
    return missing && options.unknown == Unknown::is_success ? Result<void>{} : done;
  }

  RuntimeServiceOptions options;
  ServiceCore core;
};

}  // namespace bayplan::containers
