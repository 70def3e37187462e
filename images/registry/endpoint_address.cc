#include "endpoint_address.h"

#include "bayplan/images/reference.h"
#include "text.h"

namespace bayplan::registry {
namespace {

// Any name with a dot does: only what follows is looked at.
constexpr std::string_view kSomeHost = "registry.invalid/";
constexpr std::size_t kMaxPrefixBytes = 1024;

Error bad_endpoint(std::string_view host, std::string_view why) {
  return Error(Errc::invalid_argument, "registry endpoint", host, why);
}

}  // namespace

Result<Url> endpoint_address(const images::RegistryEndpoint& endpoint) {
  if (!is_host_text(endpoint.host)) return bad_endpoint(endpoint.host, "not the name or address of a host");
  const std::string& prefix = endpoint.path_prefix;
  if (prefix.size() > kMaxPrefixBytes) return bad_endpoint(endpoint.host, "its prefix is longer than 1 KiB");
  if (!prefix.empty() && (prefix.front() != '/' || prefix.find_first_of("?#") != std::string::npos)) {
    return bad_endpoint(prefix, "a prefix is a path that begins with a slash");
  }
  const bool bracketed = endpoint.host.find(':') != std::string::npos;
  std::string text = endpoint.plain_http ? "http://" : "https://";
  text += bracketed ? "[" + endpoint.host + "]" : endpoint.host;
  if (endpoint.port != 0) text += ":" + std::to_string(endpoint.port);
  return Url::parse(text + prefix + "/").with_context("registry endpoint", endpoint.host);
}

Result<void> check_credentials(const images::RegistryCredentials& credentials) {
  const bool user = !credentials.user.empty();
  const int ways =
      int{user} + int{!credentials.identity_token.empty()} + int{!credentials.registry_token.empty()};
  if (ways <= 1 && (user || credentials.password.empty())) return {};
  return Error(Errc::invalid_argument, "credentials", credentials.user,
               "a password without a user, or more than one way to identify");
}

Result<void> check_repository_path(std::string_view path) {
  const auto reference = images::Reference::parse(std::string(kSomeHost).append(path));
  if (reference && reference->path() == path && !reference->tag() && !reference->digest()) return {};
  return Error(Errc::invalid_argument, "repository", path, "not the path of a reference");
}

Result<void> check_tag(std::string_view tag) {
  const auto reference = images::Reference::parse(std::string(kSomeHost).append("a:").append(tag));
  if (reference && reference->tag() == tag) return {};
  return Error(Errc::invalid_argument, "tag", tag, "not a tag");
}

Result<std::string> manifest_name_text(const images::ManifestName& name) {
  if (const auto* digest = std::get_if<Digest>(&name)) return digest->to_string();
  const auto& tag = std::get<std::string>(name);
  BAYPLAN_TRY(check_tag(tag));
  return tag;
}

}  // namespace bayplan::registry
