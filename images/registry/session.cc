#include "session.h"

#include <algorithm>
#include <set>

#include "bayplan/base/escape.h"
#include "endpoint_address.h"
#include "transfer_error.h"

namespace bayplan::registry {
namespace {

constexpr std::size_t kMaxWarningBytes = 4096;

bool is_redirect(long status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

Result<Session> Session::open(Shared& shared, const images::RemoteRepository& repository,
                              std::string_view actions, const Control& control) {
  BAYPLAN_ASSIGN(Url root, endpoint_address(repository.endpoint));
  BAYPLAN_TRY(check_credentials(repository.credentials));
  Session session(shared, repository, std::move(root), control);
  if (actions.empty()) return session;  // the protocol's root, which is no repository's
  BAYPLAN_TRY(check_repository_path(repository.path));
  session.scopes_.push_back("repository:" + repository.path + ":" + std::string(actions));
  return session;
}

Url Session::address(std::string_view path) const {
  // The parts of `path` are tags, digests and words of the protocol, which are checked where they come from.
  Url url = root_.resolve(repository_->path + "/" + std::string(path)).value();
  if (repository_->endpoint.ns.empty()) return url;
  return url.with_query({{"ns", repository_->endpoint.ns}});
}

Result<Url> Session::next_address(const Url& here, std::string_view location) const {
  auto url = here.resolve(location);
  if (!url) {
    return Error(Errc::corrupt, "registry", here.shown(), "sends us to no address: " + url.error().message());
  }
  if (here.is_https() && !url->is_https()) {
    return Error(Errc::failed_precondition, "registry", here.shown(),
                 "sends us to " + escaped(url->shown()) + ", which is reached without TLS");
  }
  return url;
}

void Session::add_source(std::string_view path) {
  scopes_.push_back("repository:" + std::string(path) + ":pull");
}

Result<Url> Session::redirect_target(const Response& response) const {
  const auto location = response.fields().find("location");
  if (!location) return Error(Errc::corrupt, "registry", response.url().shown(), "redirects to nowhere");
  return next_address(response.url(), *location);
}

Attempt<Response> Session::send(const Call& call) {
  if (!call.is_blob) return send_redirected(call);
  auto slot = shared_->slots.take(root_.origin().to_string(), control_->cancel);
  if (!slot) return Failure{std::move(slot).error()};
  auto sent = send_redirected(call);
  if (auto* response = std::get_if<Response>(&sent)) response->keep(std::move(*slot));
  return sent;
}

Attempt<Response> Session::send_redirected(const Call& call) {
  Url url = call.url;
  bool trusted = url.origin() == root_.origin();
  std::set<std::string> visited{url.text()};
  while (true) {
    auto sent = send_authorized(call, url, trusted);
    auto* response = std::get_if<Response>(&sent);
    if (response == nullptr || !is_redirect(response->status())) return sent;
    if (call.redirects == Redirects::refuse) {
      return Failure{
          Error(Errc::unsupported, "registry", url.shown(), "redirects a request that is not followed")};
    }
    auto target = redirect_target(*response);
    if (!target) return Failure{std::move(target).error()};
    if (visited.size() > kMaxRedirects || !visited.insert(target->text()).second) {
      return Failure{
          Error(Errc::corrupt, "registry", call.url.shown(),
                "redirects in a circle, or more than " + std::to_string(kMaxRedirects) + " times")};
    }
    url = std::move(*target);
    trusted = trusted && url.origin() == root_.origin();  // and stays so on the way back
  }
}

Attempt<Response> Session::send_authorized(const Call& call, const Url& url, bool trusted) {
  if (!trusted) return send_once(call, url, trusted, std::nullopt);
  const Identity who{repository_->endpoint, repository_->credentials, root_.origin()};
  const auto known = shared_->authorizer.known(who, scopes_);
  auto first = send_once(call, url, trusted, known);
  auto* unauthorized = std::get_if<Response>(&first);
  if (unauthorized == nullptr || unauthorized->status() != 401) return first;
  auto answer = shared_->authorizer.answer(who, scopes_, *unauthorized, known, control_->cancel);
  if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
  auto second = send_once(call, url, trusted, std::get<std::string>(answer));
  unauthorized = std::get_if<Response>(&second);
  if (unauthorized == nullptr || unauthorized->status() != 401) return second;
  return Authorizer::refused(who, *unauthorized, control_->cancel);
}

Attempt<Response> Session::send_once(const Call& call, const Url& url, bool trusted,
                                     const std::optional<std::string>& authorization) {
  if (!url.is_https() && shared_->tls.knows(url.origin())) {
    return Failure{Error(Errc::failed_precondition, "registry", url.shown(),
                         "answered over TLS before: nothing is sent to it in the clear")};
  }
  HttpRequest request{.method = call.method, .url = url, .headers = call.headers};
  request.endpoint = &repository_->endpoint;
  request.trusted = trusted;
  request.alone_on_connection = call.is_blob;
  // A registry may have its storage in the same house, but it does not send anybody to services of his own
  // host or link that is not as close itself.
  if (!trusted && reach_) request.at_least = std::min(*reach_, Reach::site);
  if (authorization) request.headers.push_back("Authorization: " + *authorization);
  const images::RegistryOptions& options = shared_->options;
  // A registry hashes all of an upload before it answers.
  const int times = call.is_blob && call.method == "PUT" ? 5 : 1;
  Patience patience{.head = options.answer_timeout * times,
                    .stall_window = options.stall_window,
                    .stall_bytes = options.stall_bytes};
  std::unique_ptr<ByteSource> source;
  if (call.streamed) {
    auto opened = call.streamed(call.streamed_offset);
    if (!opened) return Failure{std::move(opened).error()};
    source = std::move(*opened);
    request.body = StreamedBody{source.get(), call.streamed_size};
  } else if (!call.body.empty()) {
    request.body = call.body;
  }
  if (!call.is_blob) patience.deadline = std::chrono::steady_clock::now() + options.answer_timeout;
  auto sent = shared_->transport.send(request, patience, control_->cancel);
  if (const auto* response = std::get_if<Response>(&sent)) {
    if (url.is_https()) shared_->tls.answered(url.origin());
    if (trusted) reach_ = reach_of(response->peer_address());
    warn(*response);
  }
  return sent;
}

Result<Response> Session::send_patiently(const Call& call) {
  Retries tries = retries();
  while (true) {
    auto sent = send(call);
    Failure* failure = std::get_if<Failure>(&sent);
    if (failure == nullptr) {
      auto& response = std::get<Response>(sent);
      if (!passes(response.status())) return std::move(response);
      sent = failure_of(response, "registry", call.url.shown());
      failure = std::get_if<Failure>(&sent);
    }
    BAYPLAN_TRY(tries.after(std::move(*failure)));
  }
}

Failure Session::failure_of(Response& response, std::string_view kind, std::string_view name) const {
  const std::string words = response.read_some(kMaxErrorBytes, control_->cancel);
  return status_failure(response.status(), response.fields(), words, kind, name);
}

void Session::warn(const Response& response) const {
  if (!shared_->options.diagnostics) return;
  std::size_t bytes = 0;
  for (const std::string_view warning : response.fields().all("warning")) {
    bytes += warning.size();
    if (bytes > kMaxWarningBytes) return;
    shared_->options.diagnostics({Level::warning,
                                  "a registry warns",
                                  {{"registry", root_.origin().to_string()}, {"warning", escaped(warning)}}});
  }
}

}  // namespace bayplan::registry
