#include "names/config_file.h"
#include "names/hosts_file.h"
#include "names/registries_config.h"
#include "names/registry_host.h"
#include "names/text_pieces.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;

// A repository that stands for the one that was asked for.
struct Target {
  RegistryReference reference;
  bool insecure = false;
  bool configured = false;  // a rule speaks of it
};

bool serves(const RegistryMirror& mirror, const RegistryReference& reference) noexcept {
  switch (mirror.pull_from) {
    case PullFrom::digest_only:
      return reference.digest().has_value();
    case PullFrom::tag_only:
      return !reference.digest().has_value();
    case PullFrom::all:
      break;
  }
  return true;
}

Result<std::vector<Target>> targets_of(const RegistryRules& rules, const RegistryReference& reference,
                                       RegistryOperation operation) {
  const RegistryRule* rule = rules.find(reference);
  if (rule == nullptr) return std::vector<Target>{{reference}};
  if (rule->blocked) {
    return Error(Errc::failed_precondition, "registry", rule->prefix, "is blocked by registries.conf");
  }
  const std::size_t matched = rule->matched(with_lower_host(reference.to_string()));
  std::vector<Target> targets;
  for (const RegistryMirror& mirror : rule->mirrors) {
    if (operation == RegistryOperation::push || !serves(mirror, reference)) continue;
    BAYPLAN_ASSIGN(RegistryReference moved, relocated(reference, matched, mirror.location));
    targets.push_back({std::move(moved), mirror.insecure, true});
  }
  BAYPLAN_ASSIGN(RegistryReference moved, relocated(reference, matched, rule->location));
  targets.push_back({std::move(moved), rule->insecure, true});
  return targets;
}

// Where the API of docker.io is.
std::string api_host(const std::string& domain) {
  return domain == "docker.io" ? "registry-1.docker.io" : domain;
}

std::vector<fs::path> host_roots(const ConfigDirs& dirs) {
  std::vector<fs::path> roots;
  if (!dirs.user.empty()) roots.push_back(dirs.user / "containers/certs.d");
  for (const char* tool : {"containers", "containerd", "docker"}) {
    if (!dirs.system.empty()) roots.push_back(dirs.system / tool / "certs.d");
  }
  return roots;
}

// How an endpoint is spoken to.
enum class Channel { verified_tls, unverified_tls, plain_http };

// Makes the routes to one target.
class Connection {
 public:
  Connection(const Target& target, const ConnectionOverrides& overrides,
             const std::optional<HostEntry>& certificates, bool host_configured)
      : target_(target),
        overrides_(overrides),
        certificates_(certificates),
        configured_(target.configured || host_configured || certificates || overrides.verify_tls) {}

  void add(const HostEntry& entry, std::vector<RegistryRoute>& routes) const {
    for (const Channel channel : channels(entry)) {
      if (overrides_.verify_tls == true && channel != Channel::verified_tls) continue;
      routes.push_back(route(entry, channel));
    }
  }

 private:
  // An entry without scheme is the registry itself, of which the hosts' files say nothing but certificates.
  std::vector<Channel> channels(const HostEntry& entry) const {
    using enum Channel;
    if (entry.scheme == "http") return {plain_http};
    const bool unnamed = entry.scheme.empty();
    const bool insecure = overrides_.verify_tls ? !*overrides_.verify_tls : target_.insecure;
    if (unnamed && insecure) return {unverified_tls, plain_http};
    if (overrides_.verify_tls ? insecure : entry.skip_verify) return {unverified_tls};
    const bool plain = unnamed && !configured_ && is_loopback_host(target_.reference.domain());
    return {plain ? plain_http : verified_tls};
  }

  RegistryRoute route(const HostEntry& entry, Channel channel) const {
    const RegistryReference& reference = target_.reference;
    const std::string own_host = api_host(reference.domain());
    const std::string& host = entry.host.empty() ? own_host : entry.host;
    const bool proxied = host != own_host && host != reference.domain();
    const HostEntry& trust = certificates_ ? *certificates_ : entry;
    HostAndPort address = split_host(host);
    RegistryRoute made{.reference = reference};
    made.endpoint.host = std::move(address.host);
    made.endpoint.port = address.port;
    made.endpoint.plain_http = channel == Channel::plain_http;
    made.endpoint.path_prefix = entry.api_path;
    if (proxied) made.endpoint.ns = reference.domain();
    made.endpoint.ca_file = trust.authority;
    made.endpoint.skip_verify = channel == Channel::unverified_tls;
    made.endpoint.client_certificate = trust.certificate.certificate;
    made.endpoint.client_key = trust.certificate.key;
    made.endpoint.headers = entry.headers;
    made.credential_key = (proxied ? host : reference.domain()) + "/" + reference.path();
    return made;
  }

  const Target& target_;
  const ConnectionOverrides& overrides_;
  const std::optional<HostEntry>& certificates_;
  bool configured_;  // somebody said how to speak to it
};

Result<std::optional<HostEntry>> override_certificates(const ConnectionOverrides& overrides) {
  if (overrides.certificates.empty()) return std::optional<HostEntry>();
  BAYPLAN_ASSIGN(const bool there, has_directory(overrides.certificates));
  if (!there)
    return Error(Errc::not_found, "directory", overrides.certificates.native(), "no certificates there");
  BAYPLAN_ASSIGN(HostEntry entry, certificates_in(overrides.certificates));
  return std::optional(std::move(entry));
}

}  // namespace

Result<std::vector<RegistryRoute>> Registries::routes(const RegistryReference& reference,
                                                      RegistryOperation operation,
                                                      const ConnectionOverrides& overrides) const {
  BAYPLAN_ASSIGN(const std::vector<Target> targets, targets_of(config_->rules, reference, operation));
  BAYPLAN_ASSIGN(const std::optional<HostEntry> certificates, override_certificates(overrides));
  const std::vector<fs::path> roots = host_roots(config_->dirs);
  std::vector<RegistryRoute> routes;
  for (const Target& target : targets) {
    BAYPLAN_ASSIGN(std::optional<std::vector<HostEntry>> found,
                   find_host(roots, lower(target.reference.domain())));
    const Connection connection(target, overrides, certificates, found.has_value());
    if (!found) found = std::vector<HostEntry>{bare_host()};
    for (const HostEntry& entry : *found) {
      if (entry.operations.count(operation) > 0) connection.add(entry, routes);
    }
  }
  if (!routes.empty()) return routes;
  return Error(Errc::failed_precondition, "registry", reference.domain(),
               "no endpoint is configured that serves this operation as securely as was asked");
}

}  // namespace bayplan::images
