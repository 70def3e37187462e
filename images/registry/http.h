// What is asked of a server, in our words, and what came back.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bayplan/base/stream.h"
#include "bayplan/images/registry_endpoint.h"
#include "url.h"

namespace bayplan::registry {

/// How far an address reaches: the smaller, the less a stranger has to send us there.
enum class Reach : unsigned char { host, link, site, everywhere };

/// Bytes that are streamed to the server. The source is read by the thread that sends.
struct StreamedBody {
  ByteSource* source = nullptr;
  std::uint64_t size = 0;
};

struct HttpRequest {
  std::string method;  ///< GET, HEAD, POST, PUT, PATCH, DELETE
  Url url;
  std::vector<std::string> headers{};  ///< "Name: value"
  std::variant<std::monostate, std::string, StreamedBody> body{};
  /// The endpoint for whose sake it is sent: its CA and proxy hold everywhere, its client certificate,
  /// headers and `skip_verify` only where `trusted`.
  const images::RegistryEndpoint* endpoint = nullptr;
  bool trusted = false;  ///< goes to the endpoint itself
  /// One stream that is held up holds up all of its HTTP/2 connection in libcurl 7.88: bodies that wait for
  /// us have connections of their own.
  bool alone_on_connection = false;
  std::optional<Reach> at_least{};  ///< refuse to connect to addresses of a smaller reach
};

/// How long is waited for what.
struct Patience {
  std::optional<std::chrono::steady_clock::time_point> deadline{};  ///< for the end of the answer
  std::chrono::milliseconds head{};  ///< for its head, once the request is sent
  std::chrono::milliseconds stall_window{};
  std::uint64_t stall_bytes = 0;
};

}  // namespace bayplan::registry
