// Where a registry is reached, and as whom. Plain values that a caller fills from its own configuration
// (registries.conf, hosts.toml, auth.json, or none of them); nothing is looked up behind its back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bayplan::images {

/// One address of a registry: the registry itself, or a mirror. What is secret or a loosening in here
/// (`skip_verify`, `client_certificate`, `headers`) is for exactly this scheme, host and port: no redirect,
/// token server or upload location elsewhere gets it.
struct RegistryEndpoint {
  std::string host{};       ///< a name or a literal address; IPv6 without brackets
  std::uint16_t port = 0;   ///< 0: 443, or 80 for plain HTTP
  bool plain_http = false;  ///< http instead of https, secrets included; never chosen by the library itself
  std::string path_prefix = "/v2";  ///< in front of every path of the protocol; without a slash at its end
  std::string ns{};  ///< for a mirror: the registry that it stands in for, sent as `?ns=`; empty: none

  std::filesystem::path ca_file{};  ///< PEM; trusted beside the system's; empty: the system's alone
  bool skip_verify = false;         ///< takes any certificate
  std::filesystem::path client_certificate{};                  ///< PEM; empty: none
  std::filesystem::path client_key{};                          ///< PEM; empty: in the file of the certificate
  std::vector<std::pair<std::string, std::string>> headers{};  ///< sent with every request
  /// URL of a proxy; "" = none; absent: what the usual variables (https_proxy, no_proxy, ..) say.
  std::optional<std::string> proxy{};
};

/// At most one of the three ways; all empty means anonymous. Used for the endpoint it is given with, and for
/// the token server that this endpoint names.
struct RegistryCredentials {
  std::string user{};
  std::string password{};
  std::string identity_token{};  ///< traded for tokens (OAuth 2 refresh token); also as password of "<token>"
  std::string registry_token{};  ///< sent as it is (Bearer)
};

/// A repository of a registry, as it is reached by one endpoint.
struct RemoteRepository {
  RegistryEndpoint endpoint{};
  RegistryCredentials credentials{};
  std::string path{};  ///< "library/alpine": the grammar of references, without registry, tag and digest
};

}  // namespace bayplan::images
