// Pull from a registry.
#pragma once

#include <string_view>

#include "bayplan/images/pull.h"

namespace bayplan::images {

/// Pulls what exactly `reference` names; of PullPolicy only `newer` makes a difference here. Borrows all.
/// Errors: those of pull().
Result<PullReport> pull_reference(Store& store, std::string_view ns, const RegistryReference& reference,
                                  Registry& registry, const Registries& registries,
                                  const RemoteContext& context, const PullOptions& options,
                                  const Control& control);

}  // namespace bayplan::images
