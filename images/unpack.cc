#include "bayplan/images/unpack.h"

#include "unpacker.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kSnapshotRefLabel = "containerd.io/snapshot.ref";
constexpr int kAttempts = 3;

Result<void> write_unpacked(Store& store, metadata::WriteTx& tx, std::string_view ns,
                            UnpackedLayers& unpacked, const Digest& config) {
  std::string parent;
  for (auto& layer : unpacked.layers) {
    const std::string name = layer.chain_id.to_string();
    if (layer.stage) {
      BAYPLAN_TRY(store.snapshotter().add_committed(tx, ns, name, parent, std::move(*layer.stage),
                                                    layer.usage, {{std::string(kSnapshotRefLabel), name}},
                                                    metadata::referred()));
    }
    BAYPLAN_TRY(content::merge_labels(tx, ns, layer.blob,
                                      {{std::string(kUncompressedLabel), layer.diff_id.to_string()}}));
    parent = name;
  }
  if (parent.empty()) return {};
  const std::string snapshotter(store.snapshotter().name());
  return content::merge_labels(tx, ns, config,
                               {{snapshot_ref_label(snapshotter), parent},
                                {std::string(kUnpackedLabel) + snapshotter, std::string(kSynced)}});
}

Result<bool> has_label(const metadata::BucketSource& source, std::string_view ns, const Digest& blob,
                       const std::string& key, const std::string& value) {
  BAYPLAN_ASSIGN(const content::Info info, content::stat(source, ns, blob));
  const auto label = info.labels.find(key);
  return label != info.labels.end() && label->second == value;
}

// Whether commit_unpacked was here before and nothing of it is gone.
Result<bool> is_unpacked(Store& store, const metadata::BucketSource& source, std::string_view ns,
                         const ResolvedImage& image, const std::vector<LayerInput>& layers) {
  if (!image.chain_id) return true;
  const std::string top = image.chain_id->to_string();
  const auto snapshot = store.snapshotter().stat(source, ns, top);
  if (!snapshot && snapshot.error().code() == Errc::not_found) return false;
  if (!snapshot) return snapshot.error();
  BAYPLAN_ASSIGN(bool there,
                 has_label(source, ns, image.id(), snapshot_ref_label(store.snapshotter().name()), top));
  for (const LayerInput& layer : layers) {
    if (!there) break;
    BAYPLAN_ASSIGN(there, has_label(source, ns, layer.descriptor.digest, std::string(kUncompressedLabel),
                                    layer.diff_id.to_string()));
  }
  return there;
}

struct Plan {
  ResolvedImage image;
  std::vector<LayerInput> layers;
  bool done = false;
};

Result<Plan> plan_unpack(Store& store, std::string_view ns, std::string_view name,
                         const std::optional<Platform>& platform) {
  return store.db().view([&](const metadata::ReadTx& tx) -> Result<Plan> {
    BAYPLAN_ASSIGN(ResolvedImage image, resolve(store, tx, ns, name, platform));
    BAYPLAN_ASSIGN(auto layers, layer_inputs(store, image.document, image.config, name));
    BAYPLAN_ASSIGN(const bool done, is_unpacked(store, tx, ns, image, layers));
    return Plan{std::move(image), std::move(layers), done};
  });
}

Result<ResolvedImage> unpack_once(Store& store, std::string_view ns, std::string_view name,
                                  const std::optional<Platform>& platform, const Control& control,
                                  const UnpackLimits& limits) {
  BAYPLAN_ASSIGN(Plan plan, plan_unpack(store, ns, name, platform));
  if (plan.done) return std::move(plan.image);
  BAYPLAN_ASSIGN(UnpackedLayers unpacked, unpack_layers(store, ns, plan.layers, control, limits));
  BAYPLAN_TRY(store.db().update(
      [&](metadata::WriteTx& tx) { return commit_unpacked(store, tx, ns, unpacked, plan.image.id()); }));
  return std::move(plan.image);
}

}  // namespace

std::string snapshot_ref_label(std::string_view snapshotter) {
  return "containerd.io/gc.ref.snapshot." + std::string(snapshotter);
}

Result<UnpackedLayers> unpack_layers(Store& store, std::string_view ns, const std::vector<LayerInput>& layers,
                                     const Control& control, const UnpackLimits& limits) {
  Unpacker unpacker(store, ns, control, limits);
  BAYPLAN_TRY(unpacker.run(layers));
  BAYPLAN_TRY(unpacker.sync());
  return std::move(unpacker.results().front());
}

Result<void> commit_unpacked(Store& store, metadata::WriteTx& tx, std::string_view ns, UnpackedLayers& layers,
                             const Digest& config) {
  BAYPLAN_TRY(check_unpacked(store, tx, ns, std::span(&layers, 1)));
  return tx.savepoint(
      [&](metadata::WriteTx& inner) { return write_unpacked(store, inner, ns, layers, config); });
}

Result<ResolvedImage> unpack(Store& store, std::string_view ns, std::string_view name_or_reference,
                             const std::optional<Platform>& platform, const Control& control,
                             const UnpackLimits& limits) {
  for (int attempt = 1;; ++attempt) {
    auto image = unpack_once(store, ns, name_or_reference, platform, control, limits);
    if (image || image.error().code() != Errc::conflict || attempt == kAttempts) return image;
  }
}

}  // namespace bayplan::images
