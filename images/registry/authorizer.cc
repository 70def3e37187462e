#include "authorizer.h"

#include <algorithm>

#include "token_request.h"
#include "transfer_error.h"

namespace bayplan::registry {
namespace {

// Tokens are not used in the last moments of their life: the request has to arrive.
constexpr std::chrono::seconds kMargin{10};
constexpr std::size_t kMaxGrants = 1024;

std::string secret_key(const images::RegistryCredentials& who) {
  std::string all;
  for (const std::string& part : {who.user, who.password, who.identity_token, who.registry_token}) {
    all.append(std::to_string(part.size())).append(":").append(part);
  }
  return Digest::of(all).hex();
}

// For what a token is good: registry, identity, scopes.
std::string grant_key(const Identity& who, const Scopes& scopes) {
  std::string key = who.origin.to_string() + " " + secret_key(who.credentials);
  for (const std::string& scope : scopes) key += " " + scope;
  return key;
}

const Challenge* find_scheme(const std::vector<Challenge>& challenges, std::string_view scheme) {
  const auto found = std::find_if(challenges.begin(), challenges.end(),
                                  [&](const Challenge& challenge) { return challenge.scheme == scheme; });
  return found == challenges.end() ? nullptr : &*found;
}

Scopes with_scopes_of(const Challenge& challenge, Scopes scopes) {
  const auto found = challenge.parameters.find("scope");
  std::string_view rest = found == challenge.parameters.end() ? std::string_view() : found->second;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) scopes.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::sort(scopes.begin(), scopes.end());
  scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
  return scopes;
}

// A token server that answers anything but a token. What it says of bad credentials differs: 400, 401, 403.
Failure no_token(Response& response, const CancelToken& cancel) {
  const std::string name = response.url().shown();
  const long status = response.status();
  if (status >= 300 && status < 400) {
    return {Error(Errc::failed_precondition, "token server", name,
                  "sends us elsewhere, which no token server may")};
  }
  const std::string words = response.read_some(kMaxErrorBytes, cancel);
  return status_failure(status == 400 ? 401 : status, response.fields(), words, "token server", name);
}

}  // namespace

std::shared_ptr<Authorizer::Grant> Authorizer::grant(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (grants_.size() >= kMaxGrants) grants_.clear();  // those in use are their users'
  auto& found = grants_[key];
  if (!found) found = std::make_shared<Grant>();
  return found;
}

std::optional<std::string> Authorizer::valid(Grant& grant) {
  const std::lock_guard lock(grant.mutex);
  if (grant.authorization.empty()) return std::nullopt;
  if (grant.expiry && std::chrono::steady_clock::now() > *grant.expiry) return std::nullopt;
  return grant.authorization;
}

std::optional<std::string> Authorizer::known(const Identity& who, const Scopes& scopes) {
  if (!who.credentials.registry_token.empty()) return "Bearer " + who.credentials.registry_token;
  return valid(*grant(grant_key(who, scopes)));
}

Failure Authorizer::refused(const Identity& who, Response& unauthorized, const CancelToken& cancel) {
  const std::string words = registry_words(unauthorized.read_some(kMaxErrorBytes, cancel));
  std::string message = is_anonymous(who.credentials) ? "asks for credentials, and none are given"
                                                      : "does not take the credentials that are given";
  if (!words.empty()) message += " (" + words + ")";
  return {Error(Errc::permission_denied, "registry", who.origin.to_string(), message)
              .with_advice("log in to this registry")};
}

Attempt<std::string> Authorizer::answer(const Identity& who, const Scopes& scopes, Response& unauthorized,
                                        const std::optional<std::string>& refused_before,
                                        const CancelToken& cancel) {
  if (!who.credentials.registry_token.empty()) return refused(who, unauthorized, cancel);
  const std::string key = grant_key(who, scopes);
  const auto asking = asking_.take(key, cancel);
  if (!asking) return Failure{asking.error()};
  const std::shared_ptr<Grant> granted = grant(key);
  // Somebody else may have asked while this thread waited.
  if (auto meanwhile = valid(*granted); meanwhile && meanwhile != refused_before)
    return std::move(*meanwhile);
  auto challenges = parse_challenges(unauthorized.fields().all("www-authenticate"));
  if (!challenges)
    return Failure{std::move(challenges).error().with_context("registry", who.origin.to_string())};
  if (const Challenge* bearer = find_scheme(*challenges, "bearer")) {
    return use_bearer(who, *bearer, scopes, unauthorized, *granted, cancel);
  }
  if (find_scheme(*challenges, "basic") != nullptr) return use_basic(who, unauthorized, *granted, cancel);
  return Failure{Error(Errc::unsupported, "registry", who.origin.to_string(),
                       "asks for a way to identify that is neither Bearer nor Basic")};
}

Attempt<std::string> Authorizer::use_basic(const Identity& who, Response& unauthorized, Grant& grant,
                                           const CancelToken& cancel) {
  if (who.credentials.user.empty()) return refused(who, unauthorized, cancel);
  const std::lock_guard lock(grant.mutex);
  grant.authorization = basic_authorization(who.credentials);
  return grant.authorization;
}

Attempt<std::string> Authorizer::use_bearer(const Identity& who, const Challenge& challenge,
                                            const Scopes& scopes, const Response& unauthorized, Grant& grant,
                                            const CancelToken& cancel) {
  auto server = token_server(challenge, who);
  if (!server) return Failure{std::move(server).error()};
  HttpRequest request = token_request(*server, challenge, who, with_scopes_of(challenge, scopes));
  if (server->origin().host != who.origin.host) request.at_least = reach_of(unauthorized.peer_address());
  const Patience patience{.deadline = std::chrono::steady_clock::now() + options_.answer_timeout,
                          .head = options_.answer_timeout,
                          .stall_window = options_.answer_timeout,
                          .stall_bytes = 1};
  auto sent = transport_.send(request, patience, cancel);
  if (auto* failure = std::get_if<Failure>(&sent)) return std::move(*failure);
  auto& response = std::get<Response>(sent);
  if (response.status() != 200) return no_token(response, cancel);
  auto body = response.read_all(kMaxTokenBytes, cancel);
  if (auto* failure = std::get_if<Failure>(&body)) return std::move(*failure);
  auto token = parse_token(std::get<std::string>(body));
  if (!token) return Failure{std::move(token).error().with_context("token server", server->shown())};
  const std::lock_guard lock(grant.mutex);
  grant.authorization = "Bearer " + token->text;
  grant.expiry = std::chrono::steady_clock::now() + token->lifetime - kMargin;
  return grant.authorization;
}

}  // namespace bayplan::registry
