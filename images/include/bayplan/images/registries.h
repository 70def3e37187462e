// Where to ask for what a reference names: containers' registries.conf (version 2) says which repositories
// stand for which, and short names; containerd's hosts.toml and directories of certificates say how to reach
// a host.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/images/config_dirs.h"
#include "bayplan/images/registry_reference.h"

namespace bayplan::images {

enum class RegistryOperation {
  resolve,    ///< which digest has a tag
  pull,       ///< manifests by digest, and blobs
  push,       ///< anything that writes
  referrers,  ///< what refers to a digest
};

/// How an endpoint is spoken to. Nothing but the configuration, or a loopback address, leads to other than
/// the first.
enum class RegistryChannel {
  verified_tls,
  unverified_tls,  ///< the certificate is not looked at
  plain_http,
};

struct ClientCertificate {
  std::filesystem::path certificate;
  std::filesystem::path key;  ///< may be the same file

  friend bool operator==(const ClientCertificate&, const ClientCertificate&) = default;
};

/// Paths are absolute, or relative to where the caller's were. The files were not looked into.
struct RegistryEndpoint {
  std::string api_url{};        ///< "https://h:5000/v2": what is asked for is added behind a slash
  RegistryReference reference;  ///< what to ask for there; the domain need not be the host of api_url
  RegistryChannel channel = RegistryChannel::verified_tls;
  std::vector<std::filesystem::path> authorities{};  ///< CA certificates, trusted beside the system's
  std::vector<ClientCertificate> certificates{};
  std::vector<std::pair<std::string, std::string>> headers{};  ///< sent to this host only
  std::string proxied_host{};    ///< of which host this is a mirror, for the query "ns"; empty: of none
  std::string credential_key{};  ///< what find_credentials takes: host[:port]/path. Each host has its own
};

/// What a caller knows better than the files.
struct ConnectionOverrides {
  /// True: only endpoints with verified TLS. False: no certificate is looked at, and plain HTTP
  /// comes after TLS for a host whose server no hosts.toml names.
  std::optional<bool> verify_tls{};
  /// *.crt are authorities, X.cert with X.key client certificates. In place of those of the files, for each
  /// host.
  std::filesystem::path certificates{};
};

/// Immutable; copies share. Thread-safe.
class Registries {
 public:
  /// registries_file of `dirs`, else containers/registries.conf of user or system and the files in
  /// registries.conf.d of both, later ones over earlier ones, the user's last. No file at all is fine.
  /// Errors: not_found (registries_file), invalid_argument, unsupported (version 1, keys that are not known
  /// here), too_large, permission_denied, io. A file that is there and cannot be understood is never passed
  /// over.
  static Result<Registries> load(const ConfigDirs& dirs);
  /// One registries.conf and nothing else; hosts are looked for below `dirs`. Errors: as load, without those
  /// of files.
  static Result<Registries> parse(std::string_view text, std::string_view what, const ConfigDirs& dirs = {});

  /// What `text` may mean, in the order in which to try; never empty. Text that names its registry means
  /// itself; a short name what it is an alias of, else it with each of the search registries. Where no file
  /// sets those, it is docker.io's. Errors: those of RegistryReference::parse; invalid_argument (a short name
  /// that short-name-mode "enforcing" finds ambiguous; the search registries are set to none).
  Result<std::vector<RegistryReference>> candidates(std::string_view text) const;

  /// The endpoints to try for `reference`, in order, mirrors first; never empty. Reads the hosts' files anew.
  /// Errors: failed_precondition (the registry is blocked; nothing is left that serves the operation), those
  /// of load for the hosts' files.
  Result<std::vector<RegistryEndpoint>> endpoints(const RegistryReference& reference,
                                                  RegistryOperation operation,
                                                  const ConnectionOverrides& overrides = {}) const;

 private:
  struct Config;
  explicit Registries(std::shared_ptr<const Config> config);
  std::shared_ptr<const Config> config_;
};

}  // namespace bayplan::images
