// Credentials for registries, in the files that containers' tools and Docker share: auth.json and
// config.json, with the helpers that those name. Nothing of them goes into a store. Errors tell of places and
// keys, never of a secret.
//
// Thread-safe; several processes may write one file. A helper is a program, docker-credential-NAME, which
// these functions start and wait for, up to kHelperDeadline.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/progress.h"
#include "bayplan/images/config_dirs.h"
#include "bayplan/images/registry_endpoint.h"

namespace bayplan::images {

inline constexpr std::chrono::seconds kHelperDeadline{30};

/// The user name that says that the secret is an identity token.
inline constexpr std::string_view kTokenUser = "<token>";
/// What a user name and a secret stand for.
RegistryCredentials credentials_of(std::string_view user, std::string secret);

/// host[:port][/path] of what people give to a login: without scheme, the host in lower case, and docker.io
/// for the names of its API. Errors: invalid_argument.
Result<std::string> credential_key(std::string_view text);

/// The credentials for `key` (as credential_key takes it), a host or a repository in it: of the first of
/// auth_file (alone, where it is set), runtime/auth.json, user/containers/auth.json, docker/config.json that
/// has some. In a file the helper of the host speaks (credHelpers, else credsStore), or else the entries: the
/// longest that is the key or begins it up to a slash. Empty: nobody has any. That is never the answer where
/// a file is there and cannot be read or understood, or a helper fails: who has credentials is not to become
/// anonymous. Errors: not_found (auth_file, a helper's program), invalid_argument (the key, a file, an entry,
/// what a helper says), too_large, permission_denied, cancelled, io (a helper fails, or takes longer than
/// kHelperDeadline).
Result<std::optional<RegistryCredentials>> find_credentials(const ConfigDirs& dirs, std::string_view key,
                                                            const CancelToken& cancel = {});

/// Where a login goes: auth_file, else runtime/auth.json.
std::filesystem::path login_file(const ConfigDirs& dirs);

/// Writes an entry into `file`, durably and at once, with mode 0600; all else in it is kept. Missing
/// directories are made. A file called config.json is Docker's: what is new there is written as Docker reads
/// it. Where the file names a helper for the host, that one gets the credentials and the file stays as it is.
/// Errors: as find_credentials; invalid_argument (`credentials` are none, or more than one of the three, or
/// have no user, or one with a colon); unsupported (a registry token; a path where a helper or Docker keeps
/// hosts only), no_space, read_only.
Result<void> store_credentials(const std::filesystem::path& file, std::string_view key,
                               const RegistryCredentials& credentials, const CancelToken& cancel = {});

/// Removes the entry for exactly `key`, from the file and from the helper of the host. Answers whether there
/// was one. Errors: as store_credentials.
Result<bool> remove_credentials(const std::filesystem::path& file, std::string_view key,
                                const CancelToken& cancel = {});

/// Removes all entries of `file`, and has its helpers erase what they keep: of the hosts that it names, and
/// all that a credsStore lists. Answers how many there were. Errors: as store_credentials.
Result<std::size_t> remove_all_credentials(const std::filesystem::path& file, const CancelToken& cancel = {});

}  // namespace bayplan::images
