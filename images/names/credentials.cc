#include "bayplan/images/credentials.h"

#include <algorithm>
#include <vector>

#include "bayplan/base/file.h"
#include "bayplan/images/reference.h"
#include "names/auth_file.h"
#include "names/config_file.h"
#include "names/credential_helper.h"
#include "names/registry_host.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;

Result<std::optional<RegistryCredentials>> find_in(const AuthFile& file, std::string_view key,
                                                   const CancelToken& cancel) {
  BAYPLAN_ASSIGN(const auto helper, file.helper(key));
  if (!helper) return file.find(key);
  BAYPLAN_ASSIGN(const CredentialHelper program, CredentialHelper::named(helper->name));
  return program.get(helper->server, cancel);
}

std::vector<fs::path> files_of(const ConfigDirs& dirs) {
  std::vector<fs::path> files;
  if (!dirs.runtime.empty()) files.push_back(dirs.runtime / "auth.json");
  if (!dirs.user.empty()) files.push_back(dirs.user / "containers/auth.json");
  if (!dirs.docker.empty()) files.push_back(dirs.docker / "config.json");
  return files;
}

// A file that is being changed: nobody else who asks first changes it meanwhile.
struct Changing {
  UniqueFd dir;  // locked
  std::string name;
  AuthFile content;
};

Result<Changing> begin_change(const fs::path& file) {
  // A link to a file elsewhere stays one.
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  const fs::path path = error ? fs::absolute(file, error) : real;
  BAYPLAN_ASSIGN(UniqueFd dir, file::ensure_private_dir(path.parent_path(), file::ExistingMode::keep));
  BAYPLAN_TRY(file::lock_exclusive(dir.get(), path.parent_path().native()));
  BAYPLAN_ASSIGN(const std::optional<std::string> text, read_if_there(file));
  // One that mktemp made may be filled.
  BAYPLAN_ASSIGN(AuthFile content, AuthFile::parse(!text || text->empty() ? "{}" : *text, file.native()));
  return Changing{std::move(dir), path.filename(), std::move(content)};
}

// Docker finds its own registry under one name only, and no repositories.
bool is_dockers(const fs::path& file) { return file.filename() == "config.json"; }

Result<void> check_storable(std::string_view key, const RegistryCredentials& given) {
  const auto invalid = [&](const char* why) {
    return Error(Errc::invalid_argument, "credentials", key, why);
  };
  const int ways =
      int{!given.identity_token.empty()} + int{!given.registry_token.empty()} + int{!given.password.empty()};
  if (ways != 1) return invalid("are not one password or token");
  if (given.password.empty()) return {};
  if (given.user.empty() || given.user.find(':') != std::string::npos) {
    return invalid("have no user name, or one with a colon");
  }
  return {};
}

Result<std::vector<AuthFile::Helper>> kept_by_helpers(const AuthFile& file, const CancelToken& cancel) {
  std::vector<AuthFile::Helper> kept = file.helpers();
  const std::string common = file.common_helper();
  if (common.empty()) return kept;
  BAYPLAN_ASSIGN(const CredentialHelper program, CredentialHelper::named(common));
  BAYPLAN_ASSIGN(const std::vector<std::string> servers, program.list(cancel));
  for (const std::string& server : servers) kept.push_back({common, server});
  return kept;
}

}  // namespace

RegistryCredentials credentials_of(std::string_view user, std::string secret) {
  if (user == kTokenUser) return {.identity_token = std::move(secret)};
  return {.user = std::string(user), .password = std::move(secret)};
}

Result<std::string> credential_key(std::string_view text) {
  const std::string host = key_host(text);
  const std::size_t scheme = text.find("://");
  const std::string_view plain = scheme == std::string_view::npos ? text : text.substr(scheme + 3);
  std::string_view path = plain.substr(std::min(plain.find('/'), plain.size()));
  while (path.ends_with('/')) path.remove_suffix(1);
  if (plain != text && (path == "/v1" || path == "/v2")) path = {};
  const auto repository = Reference::parse("h.io" + std::string(path.empty() ? "/x" : path));
  const bool is_path = repository && !repository->tag() && !repository->digest();
  if (is_path && is_registry_host(host)) return host + std::string(path);
  return Error(Errc::invalid_argument, "registry", text, "is not host[:port][/path]");
}

Result<std::optional<RegistryCredentials>> find_credentials(const ConfigDirs& dirs, std::string_view key,
                                                            const CancelToken& cancel) {
  BAYPLAN_ASSIGN(const std::string clean, credential_key(key));
  const bool named = !dirs.auth_file.empty();
  for (const fs::path& path : named ? std::vector<fs::path>{dirs.auth_file} : files_of(dirs)) {
    BAYPLAN_ASSIGN(const std::optional<std::string> text, read_if_there(path));
    if (!text && named) return Error(Errc::not_found, "credential file", path.native());
    if (!text) continue;
    BAYPLAN_ASSIGN(const AuthFile file, AuthFile::parse(*text, path.native()));
    BAYPLAN_ASSIGN(auto found, find_in(file, clean, cancel).with_context("credential file", path.native()));
    if (found) return found;
  }
  return std::optional<RegistryCredentials>();
}

fs::path login_file(const ConfigDirs& dirs) {
  return dirs.auth_file.empty() ? dirs.runtime / "auth.json" : dirs.auth_file;
}

Result<void> store_credentials(const fs::path& file, std::string_view key,
                               const RegistryCredentials& credentials, const CancelToken& cancel) {
  BAYPLAN_ASSIGN(const std::string clean, credential_key(key));
  BAYPLAN_TRY(check_storable(clean, credentials));
  BAYPLAN_ASSIGN(const Changing change, begin_change(file));
  BAYPLAN_ASSIGN(const auto helper, change.content.helper(clean));
  if (clean.find('/') != std::string::npos && (helper || is_dockers(file))) {
    return Error(
        Errc::unsupported, "credentials", clean,
        (helper ? "the helper " + quoted(helper->name) : std::string("Docker")) + " keeps hosts only");
  }
  if (!helper) {
    const std::string name(is_dockers(file) && clean == "docker.io" ? kDockerServer : clean);
    return file::replace_durably(change.dir.get(), change.name,
                                 change.content.with(clean, name, credentials));
  }
  BAYPLAN_ASSIGN(const CredentialHelper program, CredentialHelper::named(helper->name));
  return program.store(helper->server, credentials, cancel);
}

Result<bool> remove_credentials(const fs::path& file, std::string_view key, const CancelToken& cancel) {
  BAYPLAN_ASSIGN(const std::string clean, credential_key(key));
  BAYPLAN_ASSIGN(const std::optional<std::string> text, read_if_there(file));
  if (!text) return false;
  BAYPLAN_ASSIGN(const Changing change, begin_change(file));
  BAYPLAN_ASSIGN(const auto helper, change.content.helper(clean));
  bool removed = false;
  if (helper && clean.find('/') == std::string::npos) {
    BAYPLAN_ASSIGN(const CredentialHelper program, CredentialHelper::named(helper->name));
    BAYPLAN_ASSIGN(removed, program.erase(helper->server, cancel));
  }
  if (!change.content.has(clean)) return removed;
  BAYPLAN_TRY(file::replace_durably(change.dir.get(), change.name, change.content.without(clean)));
  return true;
}

Result<std::size_t> remove_all_credentials(const fs::path& file, const CancelToken& cancel) {
  BAYPLAN_ASSIGN(const std::optional<std::string> text, read_if_there(file));
  if (!text) return std::size_t{0};
  BAYPLAN_ASSIGN(const Changing change, begin_change(file));
  BAYPLAN_ASSIGN(std::vector<AuthFile::Helper> kept, kept_by_helpers(change.content, cancel));
  std::size_t removed = 0;
  for (const AuthFile::Helper& helper : kept) {
    BAYPLAN_ASSIGN(const CredentialHelper program, CredentialHelper::named(helper.name));
    BAYPLAN_ASSIGN(const bool erased, program.erase(helper.server, cancel));
    if (erased) ++removed;
  }
  const std::size_t entries = change.content.entries();
  if (entries == 0) return removed;
  BAYPLAN_TRY(file::replace_durably(change.dir.get(), change.name, change.content.without_entries()));
  return removed + entries;
}

}  // namespace bayplan::images
