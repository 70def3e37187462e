#include "image_parts.h"

#include <deque>
#include <set>

#include "stored_documents.h"

namespace bayplan::images {
namespace {

class PartsWalk {
 public:
  PartsWalk(Store& store, const metadata::BucketSource& source, std::string_view ns)
      : source_(source), ns_(ns), documents_(store, source, ns) {}

  Result<ImageParts> run(const Descriptor& target) {
    pending_.push_back({{target}, 0});
    while (!pending_.empty()) {
      const Pending next = std::move(pending_.front());
      pending_.pop_front();
      if (!seen_.insert(next.child.descriptor.digest).second) continue;
      BAYPLAN_TRY(visit(next));
    }
    return std::move(parts_);
  }

 private:
  struct Pending {
    ChildDescriptor child;
    std::size_t depth;
  };

  template <class T>
  static Result<std::optional<T>> if_readable(Result<std::optional<T>> document) {
    if (document) return document;
    const Errc code = document.error().code();
    if (code == Errc::digest_mismatch || code == Errc::corrupt) return std::optional<T>();
    return document;
  }

  Result<void> visit(const Pending& next) {
    const Descriptor& descriptor = next.child.descriptor;
    switch (media_kind(descriptor.media_type)) {
      case MediaKind::index:
        return visit_index(descriptor, next.depth + 1);
      case MediaKind::manifest:
        return visit_manifest(next.child);
      default:
        BAYPLAN_ASSIGN(ImagePart other, part(descriptor));
        parts_.others.push_back(std::move(other));
        return {};
    }
  }

  Result<void> visit_index(const Descriptor& descriptor, std::size_t depth) {
    if (depth > kMaxIndexDepth) {
      return Error(Errc::too_large, "index", descriptor.digest.to_string(),
                   "nested more than " + std::to_string(kMaxIndexDepth) + " deep");
    }
    BAYPLAN_ASSIGN(auto index, if_readable(documents_.index(descriptor)));
    BAYPLAN_ASSIGN(ImagePart self, part(descriptor));
    self.readable = index.has_value();
    IndexPart& added = parts_.indexes.emplace_back(IndexPart{std::move(self)});
    if (!index) return {};
    for (ChildDescriptor& child : index->manifests) {
      added.children.push_back(child.descriptor.digest);
      pending_.push_back({std::move(child), depth});
    }
    if (pending_.size() + seen_.size() <= kMaxGraphNodes) return {};
    return Error(Errc::too_large, "index", descriptor.digest.to_string(),
                 "of an image with more than " + std::to_string(kMaxGraphNodes) + " parts");
  }

  Result<void> visit_manifest(const ChildDescriptor& child) {
    BAYPLAN_ASSIGN(const auto document, if_readable(documents_.manifest(child.descriptor)));
    BAYPLAN_ASSIGN(ImagePart self, part(child.descriptor));
    self.readable = document.has_value();
    ManifestParts parts{std::move(self), child.platform};
    if (document) BAYPLAN_TRY(add_blobs(*document, parts));
    if (!parts.platform && parts.config) parts.platform = parts.config->platform;
    parts_.manifests.push_back(std::move(parts));
    return {};
  }

  Result<void> add_blobs(const Manifest& document, ManifestParts& parts) {
    BAYPLAN_ASSIGN(ImagePart config, part(document.config));
    if (config.present && media_kind(document.config.media_type) == MediaKind::config) {
      BAYPLAN_ASSIGN(parts.config, if_readable(documents_.config(document.config)));
      config.readable = parts.config.has_value();
    }
    parts.blobs.push_back(std::move(config));
    for (const Descriptor& layer : document.layers) {
      BAYPLAN_ASSIGN(ImagePart blob, part(layer));
      parts.blobs.push_back(std::move(blob));
    }
    return {};
  }

  Result<ImagePart> part(const Descriptor& descriptor) const {
    BAYPLAN_ASSIGN(const bool present, is_recorded(source_, ns_, descriptor));
    return ImagePart{descriptor, present};
  }

  const metadata::BucketSource& source_;
  std::string_view ns_;
  StoredDocuments documents_;
  std::deque<Pending> pending_{};
  std::set<Digest> seen_{};
  ImageParts parts_{};
};

}  // namespace

Result<bool> is_recorded(const metadata::BucketSource& source, std::string_view ns,
                         const Descriptor& descriptor) {
  const auto info = content::stat(source, ns, descriptor.digest);
  if (info) return info->size == descriptor.size;
  if (info.error().code() == Errc::not_found) return false;
  return info.error();
}

Result<void> require_recorded(const metadata::BucketSource& source, std::string_view ns,
                              const Descriptor& descriptor) {
  BAYPLAN_ASSIGN(const bool recorded, is_recorded(source, ns, descriptor));
  if (recorded) return {};
  return Error(Errc::not_found, "blob", descriptor.digest.to_string(), "is missing from the store")
      .with_advice("bring the image in again, or choose other platforms of it");
}

Result<ImageParts> image_parts(Store& store, const metadata::BucketSource& source, std::string_view ns,
                               const Descriptor& target) {
  return PartsWalk(store, source, ns).run(target);
}

}  // namespace bayplan::images
