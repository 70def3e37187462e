#include <algorithm>
#include <map>

#include "bayplan/images/image_names.h"
#include "bayplan/images/stored_images.h"
#include "service/stored_images_state.h"

namespace bayplan::images {
namespace {

using metadata::BucketSource;

Result<std::optional<std::uint64_t>> unpacked_bytes(const snapshots::Snapshotter& snapshotter,
                                                    const BucketSource& source, std::string_view ns,
                                                    const Digest& chain_id) {
  const auto snapshot = snapshotter.stat(source, ns, chain_id.to_string());
  if (snapshot && snapshot->kind == snapshots::Kind::committed) return std::optional(snapshot->usage.bytes);
  if (snapshot || snapshot.error().code() == Errc::not_found) return std::optional<std::uint64_t>();
  return snapshot.error();
}

Result<std::vector<StoredLayer>> layers_of(const snapshots::Snapshotter& snapshotter,
                                           const BucketSource& source, std::string_view ns,
                                           const ResolvedImage& image) {
  const std::vector<Digest> chain = chain_ids(image.config.diff_ids);
  std::vector<StoredLayer> layers;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    BAYPLAN_ASSIGN(const auto bytes, unpacked_bytes(snapshotter, source, ns, chain[i]));
    layers.push_back({chain[i], image.config.diff_ids[i], image.document.layers[i], bytes});
  }
  return layers;
}

std::vector<ImageDocument> documents_of(const ResolvedImage& image, const std::vector<Descriptor>& targets) {
  std::map<std::string, Descriptor> items;
  items.emplace(image.id().to_string(), image.document.config);
  items.emplace("manifest", image.manifest);
  items.emplace("manifest-" + image.manifest.digest.to_string(), image.manifest);
  for (const Descriptor& target : targets) items.emplace("manifest-" + target.digest.to_string(), target);
  std::vector<ImageDocument> documents;
  for (auto& [key, blob] : items) documents.push_back({key, std::move(blob)});
  return documents;
}

// A chainID names content and all below it, so that no layer comes twice in one chain.
std::optional<std::uint64_t> size_of(const std::vector<StoredLayer>& layers,
                                     const std::vector<ImageDocument>& documents) {
  std::map<Digest, std::uint64_t> sizes;
  for (const ImageDocument& document : documents) sizes.emplace(document.blob.digest, document.blob.size);
  std::uint64_t bytes = 0;
  for (const auto& [digest, size] : sizes) bytes += size;
  for (const StoredLayer& layer : layers) {
    if (!layer.bytes) return {};
    bytes += *layer.bytes;
  }
  return bytes;
}

std::optional<std::string> previous_name(const StoredImage& image) {
  for (const std::string& name : image.history) {
    if (std::find(image.names.begin(), image.names.end(), name) == image.names.end()) return name;
  }
  return {};
}

}  // namespace

Result<ResolvedImage> StoredImages::State::open(const BucketSource& source, const CatalogImage& image) {
  StoredDocuments documents(store, source, ns);
  const Image& record = image.records.front();
  BAYPLAN_ASSIGN(
      ManifestChoice choice,
      choose_image(store, source, ns, documents, record.target).with_context("image", record.name));
  return with_config(documents, record, std::move(choice)).with_context("image", record.name);
}

Result<ResolvedImage> StoredImages::open(const BucketSource& source, const StoredImageId& id) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  BAYPLAN_ASSIGN(const CatalogImage* const image, catalog.require(id.id()));
  return state_->open(source, *image);
}

Result<std::vector<StoredImageId>> StoredImages::with_top_layer(const BucketSource& source,
                                                                const Digest& chain_id) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  std::vector<StoredImageId> found;
  for (const auto& [id, image] : catalog.images()) {
    const auto opened = state_->open(source, image);
    if (opened && opened->chain_id == chain_id) found.push_back(StoredImageId(id));
  }
  return found;
}

Result<std::vector<StoredLayer>> StoredImages::layers(const BucketSource& source,
                                                      const StoredImageId& id) const {
  BAYPLAN_ASSIGN(const ResolvedImage image, open(source, id));
  return layers_of(state_->store.snapshotter(), source, state_->ns, image);
}

Result<std::optional<std::uint64_t>> StoredImages::size(const BucketSource& source,
                                                        const StoredImageId& id) const {
  BAYPLAN_ASSIGN(const ImageStatus told, status(source, id));
  return told.size;
}

Result<std::vector<ImageDocument>> StoredImages::documents(const BucketSource& source,
                                                           const StoredImageId& id) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  BAYPLAN_ASSIGN(const CatalogImage* const image, catalog.require(id.id()));
  BAYPLAN_ASSIGN(const ResolvedImage opened, state_->open(source, *image));
  return documents_of(opened, targets_of(*image));
}

Result<ImageStatus> StoredImages::status(const BucketSource& source, const StoredImageId& id) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  BAYPLAN_ASSIGN(const CatalogImage* const image, catalog.require(id.id()));
  BAYPLAN_ASSIGN(ResolvedImage opened, state_->open(source, *image));
  BAYPLAN_ASSIGN(StoredImage stored, describe(source, id.id(), *image));
  const SplitNames names = split_names(stored.names);
  ImageStatus status{.image = std::move(stored)};
  status.repo_tags = names.tags;
  std::sort(status.repo_tags.begin(), status.repo_tags.end());
  status.repo_digests = images::repo_digests(names, {image->manifests.begin(), image->manifests.end()});
  status.canonical = canonical_reference(names, opened.manifest.digest);
  const auto layers = layers_of(state_->store.snapshotter(), source, state_->ns, opened);
  if (layers) status.size = size_of(*layers, documents_of(opened, status.image.targets));
  status.user = std::move(opened.config.user);
  status.created = opened.config.created;
  status.labels = std::move(opened.config.labels);
  status.previous_name = previous_name(status.image);
  return status;
}

Result<std::string> StoredImages::read_document(const BucketSource& source, const StoredImageId& id,
                                                std::string_view key) const {
  if (key.empty()) {
    return Error(Errc::invalid_argument, "big data item", key, "not a valid name for a big data item");
  }
  BAYPLAN_ASSIGN(const auto items, documents(source, id));
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const ImageDocument& item) { return item.key == key; });
  if (found == items.end()) {
    return Error(Errc::not_found, "big data item", key, "image " + id.to_string() + " has none of that name");
  }
  return state_->store.blobs().read_blob(found->blob.digest, found->blob.size, kMaxDocumentBytes);
}

}  // namespace bayplan::images
