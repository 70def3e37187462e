#include "names/credential_helper.h"

#include <algorithm>

#include "bayplan/base/json.h"
#include "names/helper_process.h"
#include "names/text_pieces.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kNotFound = "credentials not found in native keychain";
constexpr std::size_t kMaxShownBytes = 256;

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

}  // namespace

Result<CredentialHelper> CredentialHelper::named(std::string_view name, std::chrono::milliseconds deadline) {
  const bool plain = !name.empty() && all_are(name, [](char c) noexcept {
    return is_alnum(c) || c == '.' || c == '_' || c == '-';
  });
  if (!plain) return Error(Errc::invalid_argument, "credential helper", name, "is not [A-Za-z0-9._-]+");
  return CredentialHelper("docker-credential-" + std::string(name), deadline);
}

Result<std::optional<std::string>> CredentialHelper::ask(const char* verb, std::string_view input,
                                                         const CancelToken& cancel) const {
  auto answer = run_helper({program_, verb, input, deadline_}, cancel);
  if (!answer && answer.error().code() == Errc::not_found) {
    return std::move(answer).error().with_advice("install it, or remove it from the credential file");
  }
  if (!answer) return std::move(answer).error();
  if (answer->exit_code == 0) return std::optional(std::move(answer->output));
  const std::string_view said = trimmed(answer->output);
  if (said == kNotFound) return std::optional<std::string>();
  return Error(Errc::io, "credential helper", program_,
               std::string(verb) + " failed with exit code " + std::to_string(answer->exit_code) + ": " +
                   quoted(said.substr(0, kMaxShownBytes)));
}

Result<std::optional<RegistryCredentials>> CredentialHelper::get(std::string_view server,
                                                                 const CancelToken& cancel) const {
  BAYPLAN_ASSIGN(const std::optional<std::string> said, ask("get", server, cancel));
  if (!said) return std::optional<RegistryCredentials>();
  const auto read = [&]() -> Result<RegistryCredentials> {
    BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(*said, "answer to get"));
    BAYPLAN_ASSIGN(const std::string_view username, document.root().string("Username"));
    BAYPLAN_ASSIGN(const std::string_view secret, document.root().string("Secret"));
    if (secret.empty()) return Error(Errc::invalid_argument, "JSON member", "Secret", "is empty");
    return credentials_of(username, std::string(secret));
  };
  BAYPLAN_ASSIGN(RegistryCredentials credentials, read().with_context("credential helper", program_));
  return std::optional(std::move(credentials));
}

Result<void> CredentialHelper::store(std::string_view server, const RegistryCredentials& credentials,
                                     const CancelToken& cancel) const {
  if (!credentials.registry_token.empty()) {
    return Error(Errc::unsupported, "credential helper", program_, "keeps no registry tokens");
  }
  const bool is_token = !credentials.identity_token.empty();
  json::Writer writer;
  writer.begin_object().member("ServerURL", server);
  writer.member("Username", is_token ? kTokenUser : std::string_view(credentials.user));
  writer.member("Secret", is_token ? credentials.identity_token : credentials.password).end_object();
  BAYPLAN_ASSIGN(const std::optional<std::string> said, ask("store", std::move(writer).take(), cancel));
  if (said) return {};
  return Error(Errc::io, "credential helper", program_, "has not stored what it was given");
}

Result<bool> CredentialHelper::erase(std::string_view server, const CancelToken& cancel) const {
  BAYPLAN_ASSIGN(const std::optional<std::string> said, ask("erase", server, cancel));
  return said.has_value();
}

Result<std::vector<std::string>> CredentialHelper::list(const CancelToken& cancel) const {
  BAYPLAN_ASSIGN(const std::optional<std::string> said, ask("list", {}, cancel));
  std::vector<std::string> servers;
  if (!said) return servers;
  const auto read = [&]() -> Result<void> {
    BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(*said, "answer to list"));
    BAYPLAN_ASSIGN(const auto members, document.root().as_object());
    for (const auto& [server, user] : members) servers.emplace_back(server);
    return {};
  };
  BAYPLAN_TRY(read().with_context("credential helper", program_));
  return servers;
}

}  // namespace bayplan::images
