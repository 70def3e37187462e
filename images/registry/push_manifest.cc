#include "bayplan/images/documents.h"
#include "endpoint_address.h"
#include "manifest_answer.h"
#include "media_type.h"
#include "operations.h"
#include "referrers_tag.h"
#include "subject.h"

namespace bayplan::registry {
namespace {

// What was put, and whether the registry will list it as a referrer of its subject.
struct Put {
  Digest digest;
  bool lists_subject = false;
};

Result<Put> put(Session& session, const images::ManifestName& name, std::string_view media_type,
                std::string_view bytes) {
  BAYPLAN_ASSIGN(const std::string text, manifest_name_text(name));
  const auto* asked = std::get_if<Digest>(&name);
  const Digest digest = Digest::of(bytes, asked != nullptr ? asked->algorithm() : DigestAlgorithm::sha256);
  if (asked != nullptr && *asked != digest) {
    return Error(Errc::digest_mismatch, "manifest", text, "its bytes are " + digest.to_string());
  }
  Call call{.method = "PUT", .url = session.address("manifests/" + text), .body = std::string(bytes)};
  call.headers.push_back("Content-Type: " + std::string(media_type));
  BAYPLAN_ASSIGN(Response response, session.send_patiently(call));
  if (response.status() != 201 && response.status() != 200 && response.status() != 202) {
    return session.failure_of(response, "manifest", session.path() + ":" + text).error;
  }
  BAYPLAN_ASSIGN(const auto stored, stated_digest(response.fields()));
  if (stored && stored->algorithm() == digest.algorithm() && *stored != digest) {
    return Error(Errc::digest_mismatch, "manifest", text, "the registry stored " + stored->to_string());
  }
  return Put{digest, response.fields().find("oci-subject").has_value()};
}

Result<void> list_under_tag(Shared& shared, const images::RemoteRepository& repository, Session& session,
                            const Digest& subject, const Descriptor& descriptor, std::string_view bytes) {
  const std::string tag = referrers_tag(subject);
  auto index = fetch_manifest(shared, repository, tag, session.control());
  if (!index && index.error().code() != Errc::not_found) return std::move(index).error();
  BAYPLAN_ASSIGN(
      const auto changed,
      with_referrer(index ? std::string_view(index->bytes) : std::string_view(), descriptor, bytes));
  if (!changed) return {};
  BAYPLAN_TRY(put(session, tag, images::kOciIndex, *changed));
  return {};
}

}  // namespace

Result<Digest> push_manifest(Shared& shared, const images::RemoteRepository& repository,
                             const images::ManifestName& name, std::string_view media_type,
                             std::string_view bytes, const Control& control) {
  if (!images::is_media_type(media_type)) {
    return Error(Errc::invalid_argument, "media type", media_type, "not a type/subtype without parameters");
  }
  if (bytes.size() > images::kMaxDocumentBytes) {
    return Error(Errc::too_large, "manifest", {}, std::to_string(bytes.size()) + " bytes");
  }
  BAYPLAN_ASSIGN(const auto subject, images::subject_of(bytes));
  BAYPLAN_ASSIGN(Session session, Session::open(shared, repository, "pull,push", control));
  BAYPLAN_ASSIGN(const Put done, put(session, name, media_type, bytes));
  if (subject && !done.lists_subject) {
    const Descriptor descriptor{std::string(media_type), done.digest, bytes.size()};
    BAYPLAN_TRY(list_under_tag(shared, repository, session, *subject, descriptor, bytes));
  }
  return done.digest;
}

}  // namespace bayplan::registry
