// auth.json and Docker's config.json: which credentials and which helpers they name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/json.h"
#include "bayplan/images/credentials.h"

namespace bayplan::images {

/// The host of a key of such a file: in lower case, without scheme and path, docker.io for the names of its
/// API. What follows a host in a URL says nothing ("https://index.docker.io/v1/").
std::string key_host(std::string_view key);

/// What Docker calls docker.io.
inline constexpr std::string_view kDockerServer = "https://index.docker.io/v1/";

/// One parsed file. Keys that are asked for are as credential_key makes them. Errors never tell of a secret.
class AuthFile {
 public:
  /// Errors: invalid_argument, too_large.
  static Result<AuthFile> parse(std::string_view text, std::string_view what);

  struct Helper {
    std::string name;
    std::string server;  ///< what it calls the host
  };
  /// The helper that speaks for the host of `key`. Errors: invalid_argument.
  Result<std::optional<Helper>> helper(std::string_view key) const;

  /// Of every host that has one of its own.
  std::vector<Helper> helpers() const;
  /// The name of the helper of all others; empty: none.
  std::string common_helper() const;

  /// The credentials of the longest entry for `key` that has some. Errors: invalid_argument (an entry of it).
  Result<std::optional<RegistryCredentials>> find(std::string_view key) const;

  /// The file with an entry for `key` in place of those that there were, under the first one's name: other
  /// tools may know no other. A new one is called `name`.
  std::string with(std::string_view key, std::string_view name, const RegistryCredentials& credentials) const;
  /// The file without the entries for `key`.
  std::string without(std::string_view key) const;
  /// Whether there is an entry for exactly `key`.
  bool has(std::string_view key) const;
  /// The file without any entry.
  std::string without_entries() const;
  /// How many it has.
  std::size_t entries() const;

 private:
  explicit AuthFile(json::Document document) : document_(std::move(document)) {}
  json::Document document_;
};

}  // namespace bayplan::images
