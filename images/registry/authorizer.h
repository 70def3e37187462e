// Who we are to a registry: what it asks for (Basic, Bearer), tokens, and how long they are good.
//
// Credentials go to the endpoint that they were given for, and to the token server that it names if that is a
// place that may have them; if they are refused, nothing else is tried.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "challenge.h"
#include "transport.h"

namespace bayplan::registry {

/// "repository:a/b:pull" and its like, sorted and without duplicates.
using Scopes = std::vector<std::string>;

/// For whom something is asked.
struct Identity {
  const images::RegistryEndpoint& endpoint;
  const images::RegistryCredentials& credentials;
  Origin origin;  ///< the endpoint's
};

class Authorizer {
 public:
  explicit Authorizer(Transport& transport, const images::RegistryOptions& options)
      : transport_(transport), options_(options) {}

  /// The value of Authorization to begin with: what was accepted before, or needs no asking. Empty: none.
  std::optional<std::string> known(const Identity& who, const Scopes& scopes);

  /// What to send after a 401 to a request that sent `refused` (or nothing). Asks the token server, once for
  /// all threads that want the same. Failures: permission_denied (credentials that are missing or refused),
  /// failed_precondition (a token server that must not be asked), unsupported (no way that we know), corrupt
  /// (the challenge, or the token server's answer), and those of the transport.
  Attempt<std::string> answer(const Identity& who, const Scopes& scopes, Response& unauthorized,
                              const std::optional<std::string>& refused, const CancelToken& cancel);

  /// What is said of a 401 that stays one, with the registry's words.
  static Failure refused(const Identity& who, Response& unauthorized, const CancelToken& cancel);

 private:
  struct Grant {
    std::mutex mutex;
    std::string authorization;  ///< empty: none yet
    std::optional<std::chrono::steady_clock::time_point> expiry;
  };
  std::shared_ptr<Grant> grant(const std::string& key);
  static std::optional<std::string> valid(Grant& grant);
  static Attempt<std::string> use_basic(const Identity& who, Response& unauthorized, Grant& grant,
                                        const CancelToken& cancel);
  Attempt<std::string> use_bearer(const Identity& who, const Challenge& challenge, const Scopes& scopes,
                                  const Response& unauthorized, Grant& grant, const CancelToken& cancel);

  Transport& transport_;
  const images::RegistryOptions& options_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Grant>> grants_;
  Slots asking_{1};  ///< by the key of a grant: the thread that asks the token server
};

}  // namespace bayplan::registry
