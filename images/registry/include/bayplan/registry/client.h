// The registry client: images::Registry over libcurl's multi interface, driven by Boost.Asio.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>

#include "bayplan/images/registry.h"

namespace bayplan::registry {

/// One pool of connections. All transfers run on `executor`, or on one thread of its own where there is none;
/// bodies are read and written on the threads that call.
///
/// Preconditions: `executor` runs until the client is destroyed, and no thread that runs it calls the client
/// or destroys it; no call is in progress when the client is destroyed.
/// Errors: invalid_argument (no connection per host), unsupported (libcurl lacks TLS), io.
Result<std::unique_ptr<images::Registry>> open_client(
    const images::RegistryOptions& options,
    std::optional<boost::asio::any_io_executor> executor = std::nullopt);

}  // namespace bayplan::registry
