// The hostile registry: what a registry that nobody should trust says and does, and what must become of it.
//
// One row is a name, a group, what a client asks for, what the servers do, and the verdict. Whatever the
// verdict: memory stays bounded, no secret reaches another server than the registry over the channel that it
// was meant for, and the client goes nowhere else than the row allows. Rows are grouped by what lies, one
// file per group.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bayplan/base/error.h"
#include "support/http_server.h"

namespace bayplan::test {

/// The two servers of a row: "http://127.0.0.1:port".
struct Places {
  std::string registry;
  std::string other;  ///< stands for every other host: nothing secret may be seen there
};

/// The reply to a request; none: what an honest registry says (GoodRegistry).
using Says = std::function<std::optional<HttpReply>(const HttpServerRequest&)>;

enum class Channel : unsigned char {
  plain,
  tls,
  unknown_ca,  ///< TLS, with a certificate that the client has no reason to trust
  expired,
  wrong_host,
  http2,      ///< TLS
  pretended,  ///< the client is told that it is TLS, and it is not
};

struct HostileServer {
  std::function<Says(const Places&)> says{};
  Channel channel = Channel::plain;
  Asked asked = Asked::request;
};

enum class Ask : unsigned char {
  ping,
  resolve,
  manifest,  ///< by tag
  pinned,    ///< a manifest by digest
  blob,      ///< the layer
  rest,      ///< the layer from kRestFrom on
  tags,
  referrers,
  push_blob,
  push_chunks,
  push_manifest,
  pull,  ///< all of the image; a client alone has nothing to say to these rows
};
inline constexpr std::uint64_t kRestFrom = 1'500'000;

/// As whom: with a token for the registry, or with a user, who is asked for only where the registry does.
enum class Login : unsigned char { token, password };

struct Wanted {
  std::optional<Errc> code{};  ///< empty: taken, and no harm done
  std::string kind{};          ///< Error::kind
  /// As good, where the end of patience and another bound may be reached in either order.
  std::optional<Errc> or_code{};
};
inline const Wanted kTaken{};

struct HostileCase {
  std::string name;
  std::string group;
  Ask ask = Ask::manifest;
  Wanted wanted{};
  HostileServer registry{};
  std::optional<HostileServer> other{};  ///< none: nobody may go there
  Login login = Login::token;
  std::optional<Wanted> pulled{};  ///< what a pull answers, where it is not what the client does
  bool impatient = false;          ///< the client waits only for fractions of a second
  std::size_t most_requests = 24;  ///< to the registry
};

/// What each credential and header begins with that must stay with the registry.
inline constexpr const char* kSecret = "sesame";
inline constexpr const char* kToken = "sesame-registry-token";
inline constexpr const char* kPassword = "sesame-password";
inline constexpr const char* kUser = "user";
inline constexpr const char* kSecretHeader = "sesame-header";
/// What the honest token server gives.
inline constexpr const char* kBearer = "sesame-bearer";

std::vector<HostileCase> body_cases();
std::vector<HostileCase> range_cases();
std::vector<HostileCase> silence_cases();
std::vector<HostileCase> head_cases();
std::vector<HostileCase> manifest_cases();
std::vector<HostileCase> redirect_cases();
std::vector<HostileCase> auth_cases();
std::vector<HostileCase> tls_cases();
std::vector<HostileCase> http2_cases();
std::vector<HostileCase> list_cases();
std::vector<HostileCase> upload_cases();

/// All of these, which a client gets to see. Names are unique.
std::vector<HostileCase> hostile_cases();

/// Words of rows: this reply to everything; to requests whose target holds `part`; bytes as they are.
std::function<Says(const Places&)> always(HttpReply reply);
std::function<Says(const Places&)> on(std::string part, HttpReply reply);
HttpReply raw(std::string bytes, Then then = Then::close);
/// The same with a server that depends on where things are.
std::function<Says(const Places&)> on(std::string part, std::function<HttpReply(const Places&)> reply);
HttpReply redirect_to(const std::string& location, int status = 307);

}  // namespace bayplan::test
