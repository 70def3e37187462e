// Unpacking: from verified layer blobs to a chain of committed snapshots named by chainID.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "bayplan/images/resolve.h"

namespace bayplan::images {

/// What a hostile image may cost at most.
struct UnpackLimits {
  snapshots::ApplyLimits layer{};  ///< max_bytes counts for all layers of one call together
  /// Tar bytes for each byte of a layer's blob, beyond `free_expansion`. gzip cannot exceed 1,032; zstd can,
  /// and then only a bomb does.
  std::uint64_t max_expansion = 1100;
  std::uint64_t free_expansion = 1ull << 30;  ///< bytes of a tar that are never asked about
};

/// Key of a label on the config's content record, followed by the name of the snapshotter that has the
/// layers; its value says how durable their files were when the record was committed.
inline constexpr std::string_view kUnpackedLabel = "bayplan.unpacked.";
inline constexpr std::string_view kSynced =
    "synced";  ///< flushed to the disk by one syncfs before the commit
/// Key of a label on the content record of a manifest, of which an image has one for each platform: "true"
/// when all its parts came in with it.
inline constexpr std::string_view kCompleteLabel = "bayplan.complete";

/// One layer to unpack: what it must become, and how to read its blob.
struct LayerInput {
  Descriptor descriptor;
  Digest diff_id;
  std::function<Result<std::unique_ptr<ByteSource>>()> open;
};

/// Layers applied into stages that no record names yet; dropping it removes them.
struct UnpackedLayers {
  struct Layer {
    Digest chain_id;
    Digest diff_id;
    Digest blob;
    std::optional<snapshots::Stage> stage{};  ///< empty: that chainID was a committed snapshot before
    snapshots::Usage usage{};
    std::vector<std::string> warnings{};
  };
  std::vector<Layer> layers;  ///< base first
};

/// Applies every layer whose chainID is not yet a committed snapshot, each over the one below, verifying that
/// the uncompressed bytes hash to the diffID, and makes all of it durable with one sync. A snapshot that is
/// there is used only if the layer's blob was verified to be that diffID before (label
/// containerd.io/uncompressed on its content record); else the bytes are checked first. Errors:
/// digest_mismatch, unsupported (the media type of a layer), too_large (limits), conflict (a snapshot
/// vanished meanwhile), and those of Stage::apply and of the layers' sources.
Result<UnpackedLayers> unpack_layers(Store& store, std::string_view ns, const std::vector<LayerInput>& layers,
                                     const Control& control, const UnpackLimits& limits = {});

/// Records the layers in chain order as committed snapshots, labels each blob
/// containerd.io/uncompressed=<diffID>, and ties them to the config blob
/// (containerd.io/gc.ref.snapshot.<snapshotter> = top chainID), which gets kUnpackedLabel too. The config's
/// and layers' content records must be in this transaction. Errors: conflict (somebody else committed or
/// removed one meanwhile: unpack again), and those of the record functions.
Result<void> commit_unpacked(Store& store, metadata::WriteTx& tx, std::string_view ns, UnpackedLayers& layers,
                             const Digest& config);

/// Unpacks an image of the store and commits. Already unpacked is fine. Errors: those of resolve,
/// unpack_layers, commit_unpacked.
Result<ResolvedImage> unpack(Store& store, std::string_view ns, std::string_view name_or_reference,
                             const std::optional<Platform>& platform, const Control& control,
                             const UnpackLimits& limits = {});

}  // namespace bayplan::images
