#include "manifest_answer.h"

#include "bayplan/base/json.h"
#include "bayplan/images/documents.h"
#include "media_type.h"
#include "text.h"

namespace bayplan::registry {
namespace {

using images::MediaKind;

std::string name_text(const images::ManifestName& name) {
  if (const auto* digest = std::get_if<Digest>(&name)) return digest->to_string();
  return std::get<std::string>(name);
}

// Content-Type without its parameters; empty where it says nothing about what the document is.
std::string stated_type(const HeaderFields& fields) {
  const std::string_view field = fields.find("content-type").value_or("");
  std::string type = lowered(trimmed(field.substr(0, field.find(';'))));
  const bool generic =
      type == "application/json" || type == "application/octet-stream" || type == "text/plain";
  return generic ? std::string() : type;
}

Result<void> check_type(std::string_view type, const images::ManifestName& name) {
  if (images::is_schema1(type)) return images::schema1_error().with_context("manifest", name_text(name));
  const MediaKind kind = images::media_kind(type);
  if (kind == MediaKind::manifest || kind == MediaKind::index) return {};
  return Error(Errc::unsupported, "manifest", name_text(name),
               "its type is neither a manifest's nor an index's: " + quoted(type));
}

// The type in the document, empty if it has none. Errors: unsupported (docker schema 1).
Result<std::string> written_type(std::string_view bytes, const images::ManifestName& name) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(bytes, "manifest " + name_text(name)));
  const json::Value root = document.root();
  if (!root.is_object())
    return Error(Errc::invalid_argument, "manifest", name_text(name), "is no JSON object");
  const auto version = root.integer("schemaVersion");
  if (version && *version == 1) return images::schema1_error().with_context("manifest", name_text(name));
  BAYPLAN_ASSIGN(const auto type, root.optional_string("mediaType"));
  return std::string(type.value_or(""));
}

}  // namespace

std::string accept_line() {
  std::string line = "Accept: ";
  line.append(images::kOciManifest).append(", ").append(images::kOciIndex).append(", ");
  return line.append(images::kDockerManifest).append(", ").append(images::kDockerManifestList);
}

Result<std::optional<Digest>> stated_digest(const HeaderFields& fields) {
  const auto field = fields.find("docker-content-digest");
  if (!field) return std::optional<Digest>();
  auto digest = Digest::parse(*field);
  if (digest) return std::optional<Digest>(*digest);
  if (digest.error().code() == Errc::unsupported) return std::optional<Digest>();
  return Error(Errc::corrupt, "Docker-Content-Digest", *field, "not a digest");
}

Result<void> check_name(const images::ManifestName& name, const Digest& found) {
  const auto* asked = std::get_if<Digest>(&name);
  if (asked == nullptr || *asked == found) return {};
  return Error(Errc::digest_mismatch, "manifest", asked->to_string(),
               "the registry has " + found.to_string());
}

Result<std::optional<Descriptor>> read_head(const HeaderFields& fields, const images::ManifestName& name) {
  BAYPLAN_ASSIGN(const auto digest, stated_digest(fields));
  if (digest) BAYPLAN_TRY(check_name(name, *digest));
  const std::string type = stated_type(fields);
  if (!type.empty()) BAYPLAN_TRY(check_type(type, name));
  const auto size = fields.content_length();
  if (!digest || !size || type.empty()) return std::optional<Descriptor>();
  if (*size > images::kMaxDocumentBytes) {
    return Error(Errc::too_large, "manifest", name_text(name),
                 std::to_string(*size) + " bytes, and at most " + std::to_string(images::kMaxDocumentBytes) +
                     " are read");
  }
  return std::optional<Descriptor>(Descriptor{type, *digest, *size});
}

Result<images::RemoteManifest> read_manifest(const HeaderFields& fields, std::string bytes,
                                             const images::ManifestName& name) {
  BAYPLAN_ASSIGN(const auto stated, stated_digest(fields));
  const auto* asked = std::get_if<Digest>(&name);
  const DigestAlgorithm algorithm = asked != nullptr ? asked->algorithm() : DigestAlgorithm::sha256;
  const Digest found = Digest::of(bytes, algorithm);
  BAYPLAN_TRY(check_name(name, found));
  if (stated && *stated != Digest::of(bytes, stated->algorithm())) {
    return Error(Errc::digest_mismatch, "manifest", name_text(name),
                 "the registry says " + stated->to_string() + " and sends " + found.to_string());
  }
  const std::string type = stated_type(fields);
  if (!type.empty()) BAYPLAN_TRY(check_type(type, name));
  BAYPLAN_ASSIGN(const std::string written, written_type(bytes, name));
  if (!type.empty() && !written.empty() && type != written) {
    return Error(Errc::corrupt, "manifest", name_text(name),
                 "sent as " + quoted(type) + ", but says " + quoted(written) + " of itself");
  }
  const std::string& is = type.empty() ? written : type;
  BAYPLAN_TRY(check_type(is, name));
  const std::uint64_t size = bytes.size();
  return images::RemoteManifest{Descriptor{is, found, size}, std::move(bytes)};
}

}  // namespace bayplan::registry
