// How a registry is reached for writing: over which route, and as whom.
#pragma once

#include <functional>

#include "bayplan/images/remote_context.h"

namespace bayplan::images {

/// Puts `ask` to one route for RegistryOperation::push after the other, until one is reached; answers that
/// one. One is not reached where `ask` says io or failed_precondition; any other answer stands, and plain
/// HTTP is not tried after it. Errors: those of Registries::load, of remote_repositories, and of `ask`: of
/// the last route that was not reached.
Result<RemoteRepository> reach_for_push(const RemoteContext& context, const RegistryReference& reference,
                                        const CancelToken& cancel,
                                        const std::function<Result<void>(const RemoteRepository&)>& ask);

}  // namespace bayplan::images
