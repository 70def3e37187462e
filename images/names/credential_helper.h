// The protocol of docker-credential-NAME: a verb as argument, a host or JSON on standard input, JSON or an
// error text on standard output. Thread-safe. Errors of all: as find_credentials.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/credentials.h"

namespace bayplan::images {

class CredentialHelper {
 public:
  /// Errors: invalid_argument (not [A-Za-z0-9._-]+).
  static Result<CredentialHelper> named(std::string_view name,
                                        std::chrono::milliseconds deadline = kHelperDeadline);

  /// Empty when it has none for `server`.
  Result<std::optional<RegistryCredentials>> get(std::string_view server, const CancelToken& cancel) const;
  Result<void> store(std::string_view server, const RegistryCredentials& credentials,
                     const CancelToken& cancel) const;
  /// Answers whether there were some.
  Result<bool> erase(std::string_view server, const CancelToken& cancel) const;

  /// The servers that it has credentials for.
  Result<std::vector<std::string>> list(const CancelToken& cancel) const;

 private:
  CredentialHelper(std::string program, std::chrono::milliseconds deadline)
      : program_(std::move(program)), deadline_(deadline) {}
  /// What it says to `verb`; empty when it has no credentials.
  Result<std::optional<std::string>> ask(const char* verb, std::string_view input,
                                         const CancelToken& cancel) const;

  std::string program_;
  std::chrono::milliseconds deadline_;
};

}  // namespace bayplan::images
