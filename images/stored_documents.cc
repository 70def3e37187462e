#include "stored_documents.h"

namespace bayplan::images {
namespace {

template <class T>
Result<std::optional<T>> if_there(Result<T> document) {
  if (document) return std::optional<T>(std::move(document).value());
  if (document.error().code() == Errc::not_found) return std::optional<T>();
  return std::move(document).error();
}

}  // namespace

Result<Index> StoredDocuments::require_index(const Descriptor& descriptor) {
  BAYPLAN_ASSIGN(const std::string json, read(descriptor));
  return parse_index(json, descriptor.media_type, descriptor.digest.to_string());
}

Result<Manifest> StoredDocuments::require_manifest(const Descriptor& descriptor) {
  BAYPLAN_ASSIGN(const std::string json, read(descriptor));
  return parse_manifest(json, descriptor.media_type, descriptor.digest.to_string());
}

Result<ImageConfig> StoredDocuments::require_config(const Descriptor& descriptor) {
  BAYPLAN_ASSIGN(const std::string json, read(descriptor));
  return parse_config(json, descriptor.digest.to_string());
}

Result<std::optional<Index>> StoredDocuments::index(const Descriptor& descriptor) {
  return if_there(require_index(descriptor));
}

Result<std::optional<Manifest>> StoredDocuments::manifest(const Descriptor& descriptor) {
  return if_there(require_manifest(descriptor));
}

Result<std::optional<ImageConfig>> StoredDocuments::config(const Descriptor& descriptor) {
  return if_there(require_config(descriptor));
}

Result<void> StoredDocuments::count(const Descriptor& descriptor) {
  const auto too_large = [&](std::string_view what) {
    return Error(Errc::too_large, "document", descriptor.digest.to_string(), what);
  };
  if (descriptor.size > kMaxDocumentBytes) {
    return too_large("longer than " + std::to_string(kMaxDocumentBytes) + " bytes");
  }
  bytes_ += descriptor.size;
  if (++documents_ > kMaxGraphNodes || bytes_ > kMaxGraphBytes) return too_large("one of too many");
  return {};
}

Result<std::string> StoredDocuments::read(const Descriptor& descriptor) {
  BAYPLAN_TRY(count(descriptor));
  BAYPLAN_ASSIGN(const content::Info info, content::stat(source_, ns_, descriptor.digest));
  if (info.size != descriptor.size) {
    return Error(Errc::digest_mismatch, "blob", descriptor.digest.to_string(),
                 "has " + std::to_string(info.size) + " bytes, its descriptor says " +
                     std::to_string(descriptor.size));
  }
  return store_.blobs().read_blob(descriptor.digest, descriptor.size, kMaxDocumentBytes);
}

}  // namespace bayplan::images
