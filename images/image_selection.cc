#include "image_selection.h"

#include <map>

#include "image_parts.h"
#include "stored_documents.h"

namespace bayplan::images {
namespace {

// Kahn's order; without recursion, as a hostile image may nest longer than its shortest way is.
std::vector<Descriptor> inner_first(const std::vector<IndexPart>& indexes) {
  std::map<Digest, std::size_t> place;
  for (std::size_t i = 0; i < indexes.size(); ++i) place.emplace(indexes[i].descriptor.digest, i);
  std::vector<std::vector<std::size_t>> parents(indexes.size());
  std::vector<std::size_t> waiting(indexes.size());
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    for (const Digest& child : indexes[i].children) {
      const auto at = place.find(child);
      if (at == place.end()) continue;
      parents[at->second].push_back(i);
      ++waiting[i];
    }
  }
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    if (waiting[i] == 0) ready.push_back(i);
  }
  std::vector<Descriptor> ordered;
  for (std::size_t next = 0; next < ready.size(); ++next) {
    ordered.push_back(indexes[ready[next]].descriptor);
    for (const std::size_t parent : parents[ready[next]]) {
      if (--waiting[parent] == 0) ready.push_back(parent);
    }
  }
  return ordered;
}

class Selection {
 public:
  Selection(const metadata::BucketSource& source, std::string_view ns, Undistributable undistributable)
      : source_(source), ns_(ns), undistributable_(undistributable) {}

  Result<SelectedParts> run(ImageParts parts, const Descriptor& target,
                            const std::optional<std::set<Digest>>& only) {
    if (only) {
      std::erase_if(parts.indexes, [&](const IndexPart& index) {
        return !index.present && index.descriptor.digest != target.digest;
      });
      std::erase_if(parts.manifests, [&](const ManifestParts& manifest) {
        return !only->contains(manifest.manifest.descriptor.digest);
      });
      parts.others.clear();
    }
    for (const IndexPart& index : parts.indexes) BAYPLAN_TRY(require(index));
    selected_.indexes = inner_first(parts.indexes);
    for (const ManifestParts& manifest : parts.manifests) BAYPLAN_TRY(add_manifest(manifest));
    for (const ImagePart& other : parts.others) BAYPLAN_TRY(add_blob(other));
    return std::move(selected_);
  }

 private:
  Result<void> require(const ImagePart& part) const {
    BAYPLAN_TRY(require_recorded(source_, ns_, part.descriptor));
    if (part.readable) return {};
    return Error(Errc::digest_mismatch, "blob", part.descriptor.digest.to_string(),
                 "its file is damaged or missing")
        .with_advice("verify the image, and repair it");
  }

  Result<void> add_manifest(const ManifestParts& manifest) {
    BAYPLAN_TRY(require(manifest.manifest));
    selected_.manifests.push_back(manifest.manifest.descriptor);
    for (const ImagePart& blob : manifest.blobs) BAYPLAN_TRY(add_blob(blob));
    return {};
  }

  Result<void> add_blob(const ImagePart& blob) {
    if (!seen_.insert(blob.descriptor.digest).second) return {};
    const bool stays = undistributable_ == Undistributable::never || !blob.present;
    if (stays && is_nondistributable(blob.descriptor.media_type)) {
      selected_.left_out.push_back(blob.descriptor);
      return {};
    }
    BAYPLAN_TRY(require(blob));
    selected_.blobs.push_back(blob.descriptor);
    return {};
  }

  const metadata::BucketSource& source_;
  std::string_view ns_;
  Undistributable undistributable_;
  std::set<Digest> seen_{};
  SelectedParts selected_{};
};

}  // namespace

Result<std::vector<Descriptor>> choose_manifests(Store& store, const metadata::BucketSource& source,
                                                 std::string_view ns, const Descriptor& target,
                                                 const std::vector<Platform>& platforms) {
  std::vector<Descriptor> chosen;
  for (const Platform& platform : platforms) {
    StoredDocuments documents(store, source, ns);
    BAYPLAN_TRY(documents.require_index(target));
    BAYPLAN_ASSIGN(auto choice, ManifestChooser(documents, platform).choose({target}));
    if (!choice) {
      return Error(Errc::not_found, "platform", normalize(platform).to_string(), "the image has none")
          .with_advice("choose another platform, or all of them");
    }
    chosen.push_back(std::move(choice->descriptor));
  }
  return chosen;
}

Result<SelectedParts> select_parts(Store& store, const metadata::BucketSource& source, std::string_view ns,
                                   const Descriptor& target, const std::optional<std::set<Digest>>& only,
                                   Undistributable undistributable) {
  BAYPLAN_ASSIGN(ImageParts parts, image_parts(store, source, ns, target));
  return Selection(source, ns, undistributable).run(std::move(parts), target, only);
}

}  // namespace bayplan::images
