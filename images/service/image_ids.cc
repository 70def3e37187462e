#include "service/image_ids.h"

#include <algorithm>

#include "image_parts.h"

namespace bayplan::images {
namespace {

// Some 100 bytes each. More images than these are read again.
constexpr std::size_t kRemembered = 65536;

bool is_whole(const ManifestParts& parts) {
  const auto is_there = [](const ImagePart& part) { return part.present && part.readable; };
  return parts.config && is_there(parts.manifest) &&
         std::all_of(parts.blobs.begin(), parts.blobs.end(), is_there);
}

}  // namespace

Result<ManifestChoice> choose_image(Store& store, const metadata::BucketSource& source, std::string_view ns,
                                    StoredDocuments& documents, const Descriptor& target) {
  auto chosen = choose_stored(documents, target, {});
  const bool not_for_host = !chosen && chosen.error().code() == Errc::not_found &&
                            media_kind(target.media_type) == MediaKind::index;
  if (!not_for_host) return chosen;
  BAYPLAN_ASSIGN(const ImageParts parts, image_parts(store, source, ns, target));
  const auto whole = std::find_if(parts.manifests.begin(), parts.manifests.end(), is_whole);
  if (whole == parts.manifests.end()) return chosen;
  return choose_stored(documents, whole->manifest.descriptor, {});
}

Result<TargetImage> ImageIds::of(Store& store, const metadata::BucketSource& source, std::string_view ns,
                                 const Descriptor& target) {
  if (media_kind(target.media_type) == MediaKind::manifest) {
    if (const auto known = remembered(target.digest)) return TargetImage{*known, target.digest};
  }
  StoredDocuments documents(store, source, ns);
  BAYPLAN_ASSIGN(const ManifestChoice choice, choose_image(store, source, ns, documents, target));
  BAYPLAN_ASSIGN(const ImageId id, ImageId::of(choice.document->config.digest));
  remember(choice.descriptor.digest, id);
  return TargetImage{id, choice.descriptor.digest};
}

std::optional<ImageId> ImageIds::remembered(const Digest& manifest) const {
  const std::lock_guard lock(mutex_);
  const auto found = of_manifest_.find(manifest);
  return found == of_manifest_.end() ? std::optional<ImageId>() : found->second;
}

void ImageIds::remember(const Digest& manifest, const ImageId& id) {
  const std::lock_guard lock(mutex_);
  if (of_manifest_.size() >= kRemembered) of_manifest_.clear();
  of_manifest_.emplace(manifest, id);
}

}  // namespace bayplan::images
