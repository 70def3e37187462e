#include <algorithm>

#include "bayplan/images/stored_images.h"
#include "service/image_state.h"
#include "service/image_use.h"
#include "service/stored_images_state.h"
#include "unpacker.h"

namespace bayplan::images {
namespace {

using metadata::BucketSource;
using metadata::WriteTx;

constexpr std::size_t kUsersNamed = 8;

Error in_use(const ImageId& id, const std::vector<metadata::GcNode>& users) {
  std::string message = "image is in use by";
  for (std::size_t i = 0; i < std::min(users.size(), kUsersNamed); ++i) {
    message += (i == 0 ? " " : ", ") + users[i].kind + " " + quoted(users[i].key);
  }
  if (users.size() > kUsersNamed) message += " and " + std::to_string(users.size() - kUsersNamed) + " more";
  return Error(Errc::in_use, "image", id.to_string(), message).with_advice("remove those first");
}

// Top first. An image that cannot be opened has none that are known.
std::vector<std::string> chain_of(const Result<ResolvedImage>& image) {
  std::vector<std::string> chain;
  if (!image) return chain;
  for (const Digest& chain_id : chain_ids(image->config.diff_ids)) chain.push_back(chain_id.to_string());
  std::reverse(chain.begin(), chain.end());
  return chain;
}

// Whether it is kept for its own sake, or by others upon it than `upper`, which goes.
Result<bool> is_kept(const snapshots::Snapshotter& snapshotter, const BucketSource& source,
                     std::string_view ns, const std::string& layer, std::string_view upper) {
  BAYPLAN_ASSIGN(const snapshots::Info info, snapshotter.stat(source, ns, layer));
  const auto root = info.labels.lower_bound(std::string(metadata::kGcRootLabel));
  if (root != info.labels.end() && root->first.starts_with(metadata::kGcRootLabel)) return true;
  return snapshotter.has_children(source, ns, layer, upper);
}

// As an unpacked layer is needed by what lies on it, so are all below the first that stays. Reads as many
// records as the image has layers, however many others there are.
Result<std::vector<std::string>> unneeded(const snapshots::Snapshotter& snapshotter,
                                          const BucketSource& source, std::string_view ns,
                                          const std::vector<std::string>& chain, const ImageUse& use) {
  std::vector<std::string> layers;
  std::string_view upper;
  for (const std::string& layer : chain) {
    if (use.needed.contains(std::string(snapshotter.name()) + "/" + layer)) break;
    const auto kept = is_kept(snapshotter, source, ns, layer, upper);
    if (!kept && kept.error().code() != Errc::not_found) return kept.error();
    if (kept && *kept) break;
    if (kept) layers.push_back(layer);
    upper = layer;
  }
  return layers;
}

// What is left to the collector must neither be known again when it comes again, nor keep layers till then.
Result<void> forget(WriteTx& tx, std::string_view ns, const ImageId& id, std::string_view snapshotter) {
  auto cleared = write_state(tx, ns, id, {});
  if (!cleared && cleared.error().code() == Errc::not_found) return {};
  BAYPLAN_TRY(cleared);
  return content::merge_labels(
      tx, ns, id.config(),
      {{snapshot_ref_label(snapshotter), ""}, {std::string(kUnpackedLabel) + std::string(snapshotter), ""}});
}

}  // namespace

Result<ImageRemoval> StoredImages::plan_removal(const BucketSource& source, const StoredImageId& id,
                                                metadata::GcKinds users) const {
  Store& store = state_->store;
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  BAYPLAN_ASSIGN(const CatalogImage* const image, catalog.require(id.id()));
  ImageRemoval removal{.id = id};
  const std::vector<std::string> chain = chain_of(state_->open(source, *image));
  ImageTrace trace{.config = id.id().config().to_string()};
  for (const Image& record : image->records) {
    removal.records.push_back(record.name);
    trace.records.insert(record.name);
  }
  // Who uses it by a name that was taken away meanwhile uses it still.
  BAYPLAN_ASSIGN(const ImageState kept, read_state(source, state_->ns, id.id()));
  for (const std::string& name : kept.history) {
    if (catalog.owner(name) == nullptr) trace.records.insert(name);
  }
  for (const std::string& layer : chain) {
    trace.snapshots.insert(std::string(store.snapshotter().name()) + "/" + layer);
  }
  BAYPLAN_ASSIGN(const ImageUse use, image_use(source, state_->ns, store.gc_kinds(), users, trace));
  if (!use.users.empty()) return in_use(id.id(), use.users);
  BAYPLAN_ASSIGN(removal.layers, unneeded(store.snapshotter(), source, state_->ns, chain, use));
  return removal;
}

Result<void> StoredImages::remove(WriteTx& tx, const ImageRemoval& removal) const {
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    const std::string& ns = state_->ns;
    snapshots::Snapshotter& snapshotter = state_->store.snapshotter();
    for (const std::string& record : removal.records) BAYPLAN_TRY(images::remove(inner, ns, record));
    for (const std::string& layer : removal.layers) BAYPLAN_TRY(snapshotter.remove(inner, ns, layer));
    return forget(inner, ns, removal.id.id(), snapshotter.name());
  });
}

}  // namespace bayplan::images
