#include "bayplan/images/documents.h"
#include "endpoint_address.h"
#include "manifest_answer.h"
#include "operations.h"
#include "transfer_error.h"

namespace bayplan::registry {
namespace {

struct NamedCall {
  Call call;
  std::string name;
};

Result<NamedCall> manifest_call(const Session& session, const images::ManifestName& name,
                                std::string_view method) {
  BAYPLAN_ASSIGN(std::string text, manifest_name_text(name));
  Call call{.method = std::string(method), .url = session.address("manifests/" + text)};
  call.headers.push_back(accept_line());
  call.redirects = Redirects::follow;
  return NamedCall{std::move(call), session.path() + ":" + text};
}

Result<images::RemoteManifest> get_manifest(Session& session, const images::ManifestName& name) {
  BAYPLAN_ASSIGN(const NamedCall named, manifest_call(session, name, "GET"));
  Retries tries = session.retries();
  while (true) {
    BAYPLAN_ASSIGN(Response response, session.send_patiently(named.call));
    if (response.status() != 200) return session.failure_of(response, "manifest", named.name).error;
    if (response.fields().find("content-encoding")) {
      return Error(Errc::unsupported, "manifest", named.name,
                   "sent with a Content-Encoding, which nobody asked for");
    }
    auto body = response.read_all(images::kMaxDocumentBytes, session.control().cancel);
    if (auto* bytes = std::get_if<std::string>(&body)) {
      return read_manifest(response.fields(), std::move(*bytes), name);
    }
    BAYPLAN_TRY(tries.after(std::move(std::get<Failure>(body))));
  }
}

}  // namespace

Result<void> ping(Shared& shared, const images::RemoteRepository& repository, const Control& control) {
  BAYPLAN_ASSIGN(Session session, Session::open(shared, repository, {}, control));
  BAYPLAN_ASSIGN(Response response, session.send_patiently({.url = session.root()}));
  if (response.status() == 200) return {};
  return session.failure_of(response, "registry", session.root().shown()).error;
}

Result<Descriptor> resolve(Shared& shared, const images::RemoteRepository& repository,
                           const images::ManifestName& name, const Control& control) {
  BAYPLAN_ASSIGN(Session session, Session::open(shared, repository, "pull", control));
  BAYPLAN_ASSIGN(const NamedCall named, manifest_call(session, name, "HEAD"));
  BAYPLAN_ASSIGN(const Response response, session.send_patiently(named.call));
  if (response.status() == 200) {
    BAYPLAN_ASSIGN(const auto descriptor, read_head(response.fields(), name));
    if (descriptor) return *descriptor;
  } else if (response.status() == 404) {
    return Error(Errc::not_found, "manifest", named.name, "the registry has none of that name");
  }
  // What a HEAD does not tell, or a registry that does not know it; and the words of any other refusal.
  BAYPLAN_ASSIGN(const images::RemoteManifest manifest, get_manifest(session, name));
  return manifest.descriptor;
}

Result<images::RemoteManifest> fetch_manifest(Shared& shared, const images::RemoteRepository& repository,
                                              const images::ManifestName& name, const Control& control) {
  BAYPLAN_ASSIGN(Session session, Session::open(shared, repository, "pull", control));
  return get_manifest(session, name);
}

}  // namespace bayplan::registry
