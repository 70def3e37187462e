// One request of the protocol, with all that stands between asking and the answer: authorization, redirects,
// and trying again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "authorizer.h"
#include "bayplan/images/registry.h"
#include "retries.h"
#include "tls_origins.h"
#include "transport.h"

namespace bayplan::registry {

/// What all calls of one client share.
struct Shared {
  images::RegistryOptions options;
  Waiter waiter;
  Transport transport;
  Authorizer authorizer;
  Slots slots;
  TlsOrigins tls{};
};

enum class Redirects : bool { refuse, follow };

struct Call {
  std::string method = "GET";
  Url url;
  std::vector<std::string> headers{};
  std::string body{};             ///< in memory
  images::BodySource streamed{};  ///< or streamed, `streamed_size` bytes from `streamed_offset` on
  std::uint64_t streamed_offset = 0;
  std::uint64_t streamed_size = 0;
  Redirects redirects = Redirects::refuse;
  bool is_blob = false;  ///< the answer's body may take any time, as long as it keeps coming
};

inline constexpr unsigned kMaxRedirects = 10;

/// The calls about one repository with one set of scopes. Used by one thread, for one operation.
class Session {
 public:
  /// `actions` are what tokens are asked for: "pull" or "pull,push". Errors: invalid_argument
  /// (endpoint, credentials or path not well-formed).
  static Result<Session> open(Shared& shared, const images::RemoteRepository& repository,
                              std::string_view actions, const Control& control);

  /// The address of `path` ("manifests/latest") in the repository, with the endpoint's `ns`.
  Url address(std::string_view path) const;
  /// The address of the protocol's root.
  const Url& root() const noexcept { return root_; }
  /// What the registry said in a field is where to go on. Errors: corrupt (no address), failed_precondition
  /// (from https to http).
  Result<Url> next_address(const Url& here, std::string_view location) const;

  /// Also asks for the right to read `path`, a repository of the same registry.
  void add_source(std::string_view path);

  /// Once: with authorization and redirects, without trying again. The answer may be of any status but 401.
  Attempt<Response> send(const Call& call);
  /// Until it is answered with something that does not pass, or the attempts are used up.
  Result<Response> send_patiently(const Call& call);

  /// The words of an answer as an error about `kind` `name`.
  Failure failure_of(Response& response, std::string_view kind, std::string_view name) const;

  Retries retries() const { return {shared_->options, shared_->waiter, control_->cancel}; }
  const Control& control() const noexcept { return *control_; }
  const images::RegistryOptions& options() const noexcept { return shared_->options; }
  const std::string& path() const noexcept { return repository_->path; }

 private:
  Session(Shared& shared, const images::RemoteRepository& repository, Url root, const Control& control)
      : shared_(&shared), repository_(&repository), control_(&control), root_(std::move(root)) {}
  Attempt<Response> send_redirected(const Call& call);
  Attempt<Response> send_authorized(const Call& call, const Url& url, bool trusted);
  Attempt<Response> send_once(const Call& call, const Url& url, bool trusted,
                              const std::optional<std::string>& authorization);
  Result<Url> redirect_target(const Response& response) const;
  void warn(const Response& response) const;

  Shared* shared_;
  const images::RemoteRepository* repository_;
  const Control* control_;
  Url root_;  ///< scheme, host, port and prefix of the endpoint
  Scopes scopes_;
  std::optional<Reach> reach_{};  ///< of the address that the registry has, once it answered
};

}  // namespace bayplan::registry
