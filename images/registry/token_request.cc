#include "token_request.h"

#include <algorithm>

#include "bayplan/base/json.h"
#include "names/base64.h"
#include "text.h"

namespace bayplan::registry {
namespace {

constexpr std::string_view kClientId = "bayplan";
constexpr std::size_t kMaxText = 64u << 10;  // it is kept, and sent with every request
constexpr std::int64_t kLeastSeconds = 60;
constexpr std::int64_t kMostSeconds = 24 * 3600;

std::string_view parameter(const Challenge& challenge, const std::string& name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? std::string_view() : std::string_view(found->second);
}

// Docker keeps an identity token as the password of a user of this name.
std::string_view identity_token(const images::RegistryCredentials& credentials) {
  return credentials.user == "<token>" ? credentials.password : credentials.identity_token;
}

std::string form(const QueryParameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text.append(percent_encoded(name)).append("=").append(percent_encoded(value));
  }
  return text;
}

}  // namespace

bool is_anonymous(const images::RegistryCredentials& credentials) noexcept {
  return credentials.user.empty() && credentials.password.empty() && credentials.identity_token.empty() &&
         credentials.registry_token.empty();
}

std::string basic_authorization(const images::RegistryCredentials& credentials) {
  return "Basic " + images::encode_base64(credentials.user + ":" + credentials.password);
}

Result<Url> token_server(const Challenge& challenge, const Identity& who) {
  const std::string_view realm = parameter(challenge, "realm");
  auto url = Url::parse(realm);
  if (!url)
    return Error(Errc::corrupt, "token server", realm.substr(0, realm.find('?')), url.error().message());
  if (url->is_https()) return url;
  if (who.endpoint.plain_http && url->origin().host == who.origin.host) return url;
  return Error(Errc::failed_precondition, "token server", url->shown(),
               "named by " + who.origin.to_string() + ", but reached without TLS");
}

HttpRequest token_request(const Url& server, const Challenge& challenge, const Identity& who,
                          const Scopes& scopes) {
  HttpRequest request{.method = "GET", .url = server, .endpoint = &who.endpoint};
  request.trusted = server.origin() == who.origin;
  const std::string_view service = parameter(challenge, "service");
  const std::string_view refresh = identity_token(who.credentials);
  if (!refresh.empty()) {
    std::string joined;
    for (const std::string& scope : scopes) joined.append(joined.empty() ? "" : " ").append(scope);
    request.method = "POST";
    request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
    request.body = form({{"grant_type", "refresh_token"},
                         {"refresh_token", refresh},
                         {"service", service},
                         {"client_id", kClientId},
                         {"scope", joined}});
    return request;
  }
  QueryParameters parameters;
  if (!service.empty()) parameters.emplace_back("service", service);
  if (!who.credentials.user.empty()) parameters.emplace_back("account", who.credentials.user);
  for (const std::string& scope : scopes) parameters.emplace_back("scope", scope);
  request.url = server.with_query(parameters);
  if (!who.credentials.user.empty()) {
    request.headers.push_back("Authorization: " + basic_authorization(who.credentials));
  }
  return request;
}

Result<Token> parse_token(std::string_view answer) {
  const auto bad = [](std::string_view why) { return Error(Errc::corrupt, "token", {}, why); };
  auto document = json::Document::parse(answer, "answer of the token server");
  if (!document) return bad("the token server's answer is not JSON");
  const json::Value root = document->root();
  std::string_view text;
  for (const std::string_view name : {"token", "access_token"}) {
    auto value = root.optional_string(name);
    if (value && *value && text.empty()) text = **value;
  }
  if (text.empty()) return bad("the token server's answer holds none");
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!plain) return bad("holds more than printable ASCII");
  if (text.size() > kMaxText) return bad("longer than 64 KiB");
  std::int64_t seconds = kLeastSeconds;
  if (const auto lifetime = root.integer("expires_in"))
    seconds = std::clamp(*lifetime, kLeastSeconds, kMostSeconds);
  return Token{std::string(text), std::chrono::seconds(seconds)};
}

}  // namespace bayplan::registry
