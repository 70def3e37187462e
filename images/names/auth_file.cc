#include "names/auth_file.h"

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "names/base64.h"
#include "names/registry_host.h"
#include "names/text_pieces.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kDocker = "docker.io";

std::string_view without_scheme(std::string_view text) noexcept {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  }
  return text;
}

using Entries = std::vector<std::pair<std::string_view, json::Value>>;

// The members of an object that may be absent or null. Precondition: parse() looked at it.
Entries entries_of(const json::Value& root, std::string_view name) {
  const std::optional<json::Value> object = root.find(name);
  return object && object->is_object() ? object->as_object().value() : Entries();
}

Result<void> check_object(const json::Value& root, std::string_view name) {
  const std::optional<json::Value> object = root.find(name);
  if (!object || object->is_null() || object->is_object()) return {};
  return Error(Errc::invalid_argument, "JSON member", name, "is not an object");
}

// Go's tools read "Auths" as "auths": what is taken for another member here would make their user anonymous.
Result<void> check_spelling(const json::Value& object, std::initializer_list<std::string_view> known) {
  BAYPLAN_ASSIGN(const auto members, object.as_object());
  for (const auto& [name, value] : members) {
    for (const std::string_view right : known) {
      if (name == right || lower(name) != lower(right)) continue;
      return Error(Errc::invalid_argument, "JSON member", name, "is spelt " + quoted(right));
    }
  }
  return {};
}

// A host's entry may be under any of its spellings, a repository's under its own alone: "h/ns" is not h's.
bool is_for(std::string_view entry, std::string_view key) {
  if (with_lower_host(entry) == key) return true;
  const bool is_url = without_scheme(entry) != entry;
  return key_host(entry) == key && (is_url || entry.find('/') == std::string_view::npos);
}

Result<RegistryCredentials> decode_password(std::string_view auth) {
  const auto text = decode_base64(auth);
  const std::size_t colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos || colon == 0) {
    return Error(Errc::invalid_argument, "JSON member", "auth", "is not USER:PASSWORD in base64");
  }
  std::string secret = text->substr(colon + 1);
  while (secret.ends_with('\0')) secret.pop_back();
  const std::string user = text->substr(0, colon);
  if (user == kTokenUser && secret.empty()) {
    return Error(Errc::invalid_argument, "JSON member", "auth", "has an empty token");
  }
  return credentials_of(user, std::move(secret));
}

Result<std::optional<RegistryCredentials>> decode_entry(const json::Value& entry) {
  BAYPLAN_TRY(check_spelling(entry, {"auth", "identitytoken", "registrytoken", "username", "password"}));
  const auto member = [&](std::string_view name) -> Result<std::string> {
    BAYPLAN_ASSIGN(const std::optional<std::string_view> text, entry.optional_string(name));
    return std::string(text.value_or(""));
  };
  RegistryCredentials found;
  BAYPLAN_ASSIGN(found.identity_token, member("identitytoken"));
  if (!found.identity_token.empty()) return std::optional(std::move(found));
  BAYPLAN_ASSIGN(found.registry_token, member("registrytoken"));
  if (!found.registry_token.empty()) return std::optional(std::move(found));
  BAYPLAN_ASSIGN(const std::string auth, member("auth"));
  if (!auth.empty()) {
    BAYPLAN_ASSIGN(found, decode_password(auth));
    return std::optional(std::move(found));
  }
  BAYPLAN_ASSIGN(found.user, member("username"));
  BAYPLAN_ASSIGN(found.password, member("password"));
  if (found.user.empty() && found.password.empty()) return std::optional<RegistryCredentials>();
  if (found.user.empty()) return Error(Errc::invalid_argument, "JSON member", "password", "is of no user");
  return std::optional(std::move(found));
}

void write_entry(json::Writer& writer, const RegistryCredentials& credentials) {
  writer.begin_object();
  if (!credentials.identity_token.empty()) {
    writer.member("identitytoken", credentials.identity_token);
  } else if (!credentials.registry_token.empty()) {
    writer.member("registrytoken", credentials.registry_token);
  } else {
    writer.member("auth", encode_base64(credentials.user + ":" + credentials.password));
  }
  writer.end_object();
}

// All members but the entries, which follow.
json::Writer begin_entries(const json::Value& root) {
  json::Writer writer;
  writer.begin_object();
  for (const auto& [name, value] : root.as_object().value()) {
    if (name != "auths") writer.key(name).value(value);
  }
  writer.key("auths").begin_object();
  return writer;
}

std::string end_entries(json::Writer writer) {
  writer.end_object().end_object();
  return std::move(writer).take() + "\n";
}

// "h/a/b", "h/a", "h".
std::vector<std::string_view> scopes_of(std::string_view key) {
  std::vector<std::string_view> scopes;
  for (std::size_t end = key.size(); end != std::string_view::npos; end = key.rfind('/')) {
    key = key.substr(0, end);
    scopes.push_back(key);
  }
  return scopes;
}

}  // namespace

std::string key_host(std::string_view key) {
  const std::string_view plain = without_scheme(key);
  std::string host = lower(plain.substr(0, plain.find('/')));
  if (host == "index.docker.io" || host == "registry-1.docker.io") return std::string(kDocker);
  return host;
}

Result<AuthFile> AuthFile::parse(std::string_view text, std::string_view what) {
  BAYPLAN_ASSIGN(json::Document document, json::Document::parse(text, what));
  const auto check = [&]() -> Result<void> {
    BAYPLAN_TRY(check_spelling(document.root(), {"auths", "credHelpers", "credsStore"}));
    BAYPLAN_TRY(check_object(document.root(), "auths"));
    BAYPLAN_TRY(document.root().optional_string_map("credHelpers"));
    BAYPLAN_TRY(document.root().optional_string("credsStore"));
    return {};
  };
  BAYPLAN_TRY(check().with_context("credential file", what));
  return AuthFile(std::move(document));
}

Result<std::optional<AuthFile::Helper>> AuthFile::helper(std::string_view key) const {
  const std::string host = key_host(key);
  for (const auto& [server, name] : entries_of(document_.root(), "credHelpers")) {
    if (!is_for(server, host)) continue;
    BAYPLAN_ASSIGN(const std::string_view helper, name.as_string());
    // An empty name takes the host out of credsStore's hands.
    if (helper.empty()) return std::optional<Helper>();
    return std::optional(Helper{std::string(helper), std::string(server)});
  }
  BAYPLAN_ASSIGN(const auto store, document_.root().optional_string("credsStore"));
  if (!store || store->empty()) return std::optional<Helper>();
  return std::optional(Helper{std::string(*store), std::string(host == kDocker ? kDockerServer : host)});
}

std::vector<AuthFile::Helper> AuthFile::helpers() const {
  std::vector<Helper> helpers;
  for (const auto& [server, name] : entries_of(document_.root(), "credHelpers")) {
    const auto text = name.as_string();  // parse() looked at it
    if (text && !text->empty()) helpers.push_back({std::string(*text), std::string(server)});
  }
  return helpers;
}

std::string AuthFile::common_helper() const {
  const auto store = document_.root().optional_string("credsStore");
  return store && *store ? std::string(**store) : std::string();
}

Result<std::optional<RegistryCredentials>> AuthFile::find(std::string_view key) const {
  const Entries entries = entries_of(document_.root(), "auths");
  for (const std::string_view scope : scopes_of(key)) {
    for (const bool exactly : {true, false}) {
      for (const auto& [name, entry] : entries) {
        if (exactly ? with_lower_host(name) != scope : !is_for(name, scope)) continue;
        BAYPLAN_ASSIGN(auto found, decode_entry(entry).with_context("credentials", name));
        if (found) return found;
      }
    }
  }
  return std::optional<RegistryCredentials>();
}

std::string AuthFile::with(std::string_view key, std::string_view name,
                           const RegistryCredentials& credentials) const {
  json::Writer writer = begin_entries(document_.root());
  bool written = false;
  for (const auto& [known, entry] : entries_of(document_.root(), "auths")) {
    if (is_for(known, key)) {
      if (!std::exchange(written, true)) write_entry(writer.key(known), credentials);
    } else if (lower(known) != lower(name)) {
      // A twin in case, which no repository's name can be, is not JSON for us.
      writer.key(known).value(entry);
    }
  }
  if (!written) write_entry(writer.key(name), credentials);
  return end_entries(std::move(writer));
}

std::string AuthFile::without(std::string_view key) const {
  json::Writer writer = begin_entries(document_.root());
  for (const auto& [known, entry] : entries_of(document_.root(), "auths")) {
    if (!is_for(known, key)) writer.key(known).value(entry);
  }
  return end_entries(std::move(writer));
}

bool AuthFile::has(std::string_view key) const {
  const Entries entries = entries_of(document_.root(), "auths");
  return std::any_of(entries.begin(), entries.end(),
                     [&](const auto& entry) { return is_for(entry.first, key); });
}

std::string AuthFile::without_entries() const { return end_entries(begin_entries(document_.root())); }

std::size_t AuthFile::entries() const { return entries_of(document_.root(), "auths").size(); }

}  // namespace bayplan::images
