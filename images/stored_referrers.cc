#include "stored_referrers.h"

#include "bayplan/base/json.h"
#include "bayplan/images/documents.h"
#include "bayplan/images/images.h"
#include "image_parts.h"
#include "media_type.h"
#include "subject.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kReferrerLabel = "containerd.io/gc.ref.content.referrer.";

bool is_document(std::string_view media_type) noexcept {
  const MediaKind kind = media_kind(media_type);
  return kind == MediaKind::manifest || kind == MediaKind::index;
}

// A label tells no type; old documents do not either.
Result<std::string> media_type_of(std::string_view text) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(text, "referrer"));
  BAYPLAN_ASSIGN(const auto stated, document.root().optional_string("mediaType"));
  if (stated) return std::string(*stated);
  return std::string(document.root().find("manifests") ? kOciIndex : kOciManifest);
}

}  // namespace

Result<StoredReferrers> StoredReferrers::find(Store& store, const metadata::BucketSource& source,
                                              std::string_view ns) {
  StoredReferrers referrers(store, source, ns);
  BAYPLAN_TRY(walk(source, ns, [&](const ImageView& image) -> Result<void> {
    if (!is_document(image.media_type)) return {};
    Image owned = image.own();
    return referrers.add(owned.target).with_context("image", owned.name);
  }));
  return referrers;
}

Result<void> StoredReferrers::add(const Descriptor& descriptor) {
  BAYPLAN_ASSIGN(const bool recorded, is_recorded(*source_, ns_, descriptor));
  if (!recorded) return {};
  BAYPLAN_ASSIGN(const std::string text,
                 store_->blobs().read_blob(descriptor.digest, descriptor.size, kMaxDocumentBytes));
  BAYPLAN_ASSIGN(const auto subject, subject_of(text));
  if (subject) by_subject_[*subject].emplace(descriptor.digest, descriptor);
  return {};
}

Result<std::map<Digest, Descriptor>> StoredReferrers::of(const Digest& subject) const {
  std::map<Digest, Descriptor> found;
  if (const auto named = by_subject_.find(subject); named != by_subject_.end()) found = named->second;
  BAYPLAN_ASSIGN(const content::Info info, content::stat(*source_, ns_, subject));
  for (const auto& [key, value] : info.labels) {
    if (key.starts_with(kReferrerLabel)) BAYPLAN_TRY(add_noted(value, subject, found));
  }
  return found;
}

Result<void> StoredReferrers::add_noted(std::string_view text, const Digest& subject,
                                        std::map<Digest, Descriptor>& found) const {
  BAYPLAN_ASSIGN(const Digest digest, Digest::parse(text));
  const auto info = content::stat(*source_, ns_, digest);
  if (!info && info.error().code() == Errc::not_found) return {};
  if (!info) return info.error();
  BAYPLAN_ASSIGN(const std::string document,
                 store_->blobs().read_blob(digest, info->size, kMaxDocumentBytes));
  BAYPLAN_ASSIGN(const auto named, subject_of(document));
  BAYPLAN_ASSIGN(std::string media_type, media_type_of(document));
  if (named == subject && is_document(media_type)) {
    found.emplace(digest, Descriptor{std::move(media_type), digest, info->size});
  }
  return {};
}

}  // namespace bayplan::images
