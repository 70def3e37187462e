// Where to ask for what a reference names: containers' registries.conf (version 2) says which repositories
// stand for which, and short names; containerd's hosts.toml and directories of certificates say how to reach
// a host.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/config_dirs.h"
#include "bayplan/images/registry_endpoint.h"
#include "bayplan/images/registry_reference.h"

namespace bayplan::images {

enum class RegistryOperation {
  resolve,    ///< which digest has a tag
  pull,       ///< manifests by digest, and blobs
  push,       ///< anything that writes
  referrers,  ///< what refers to a digest
};

/// One way to what a reference names. Paths in it are absolute, or relative to where the caller's were; the
/// files were not looked into.
struct RegistryRoute {
  RegistryEndpoint endpoint{};
  RegistryReference reference;   ///< what to ask for there; its domain need not be the endpoint's host
  std::string credential_key{};  ///< as whom: what find_credentials takes. Each host has its own
};

/// What a caller knows better than the files.
struct ConnectionOverrides {
  /// True: only endpoints with verified TLS. False: no certificate is looked at, and plain HTTP
  /// comes after TLS for a host whose server no hosts.toml names.
  std::optional<bool> verify_tls{};
  /// A directory in which X.crt is the authority, and Y.cert with Y.key the client certificate, for each
  /// host, in place of those of the files.
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

  /// The ways to try for `reference`, in order, mirrors first; never empty. Plain HTTP and unverified
  /// certificates come from the files, from `overrides`, or, plain HTTP, from a loopback address of which no
  /// file speaks; where plain HTTP may follow TLS, that is a route of its own. Reads the hosts' files anew.
  /// Errors: failed_precondition (the registry is blocked; nothing is left that serves the operation),
  /// unsupported (more than one authority or client certificate for a host), not_found (the directory of
  /// `overrides`), those of load for the hosts' files.
  Result<std::vector<RegistryRoute>> routes(const RegistryReference& reference, RegistryOperation operation,
                                            const ConnectionOverrides& overrides = {}) const;

 private:
  struct Config;
  explicit Registries(std::shared_ptr<const Config> config);
  std::shared_ptr<const Config> config_;
};

}  // namespace bayplan::images
