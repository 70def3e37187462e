// The steps of unpack.h, for several images at once: a layer that one image of an import has staged serves
// the others as well.
#pragma once

#include <future>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bayplan/images/unpack.h"

namespace bayplan::images {

/// The key of a content record's label that says what the blob was seen to decompress to.
inline constexpr std::string_view kUncompressedLabel = "containerd.io/uncompressed";

/// The label of a config that keeps the snapshots of its layers, by the name of the top one.
std::string snapshot_ref_label(std::string_view snapshotter);

/// Not thread-safe. Borrows all it is given.
class Unpacker {
 public:
  Unpacker(Store& store, std::string_view ns, const Control& control, const UnpackLimits& limits);

  /// unpack_layers without its sync; adds to results(). Errors: as unpack_layers, and too_large (the images
  /// together over ApplyLimits::max_bytes).
  Result<void> run(const std::vector<LayerInput>& layers);
  /// Makes everything staged durable, if anything was, and tells how much it is. Errors: io, no_space, busy,
  /// permission_denied.
  Result<void> sync();

  /// One for each run, in that order.
  std::vector<UnpackedLayers>& results() noexcept { return results_; }

 private:
  Result<UnpackedLayers::Layer> unpack_one(const LayerInput& layer, const Digest& chain_id,
                                           const Digest* parent);
  Result<snapshots::Stage> make_stage(const Digest* parent) const;
  Result<void> apply(const LayerInput& layer, UnpackedLayers::Layer& out);
  Result<void> check_blob(const LayerInput& layer);

  Store& store_;
  std::string ns_;
  const Control& control_;
  std::vector<UnpackedLayers> results_;
  std::map<Digest, const snapshots::Stage*>
      staged_;                         // by chainID; in results_, whose elements' vectors never move theirs
  std::map<Digest, Digest> verified_;  // blob to diffID, in this run
  UnpackLimits limits_;                // what is left of them
  // Destroyed before what they look at.
  std::vector<std::pair<UnpackedLayers::Layer*, std::future<Result<snapshots::Usage>>>> measured_;
};

/// What of the layers of an image is needed to unpack it; opens its blobs in the store.
/// Errors: invalid_argument (the counts of layers and diffIDs differ).
Result<std::vector<LayerInput>> layer_inputs(Store& store, const Manifest& manifest,
                                             const ImageConfig& config, std::string_view name);

/// Whether the snapshots are in `source` as they were when `unpacked` was made, taking those that earlier
/// elements stage for committed. Errors: conflict, corrupt, closed, io.
Result<void> check_unpacked(Store& store, const metadata::BucketSource& source, std::string_view ns,
                            std::span<const UnpackedLayers> unpacked);

}  // namespace bayplan::images
