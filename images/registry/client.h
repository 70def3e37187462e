// The client itself; tests give it a waiter that does not wait.
#pragma once

#include <memory>
#include <optional>

#include "bayplan/registry/client.h"
#include "retries.h"

namespace bayplan::registry {

/// As open_client, with another way to wait between attempts.
Result<std::unique_ptr<images::Registry>> open_client_with(
    const images::RegistryOptions& options, std::optional<boost::asio::any_io_executor> executor,
    Waiter waiter);

}  // namespace bayplan::registry
