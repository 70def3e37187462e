// Unpacking: from verified layer blobs to a chain of committed snapshots named by chainID.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "bayplan/images/resolve.h"

namespace bayplan::images {

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
/// digest_mismatch, unsupported (the media type of a layer), too_large (it expands absurdly), conflict (a
/// snapshot vanished meanwhile), and those of Stage::apply and of the layers' sources.
Result<UnpackedLayers> unpack_layers(Store& store, std::string_view ns, const std::vector<LayerInput>& layers,
                                     const Control& control);

/// Records the layers in chain order as committed snapshots, labels each blob
/// containerd.io/uncompressed=<diffID>, and ties them to the config blob
/// (containerd.io/gc.ref.snapshot.<snapshotter> = top chainID). The config's and layers' content records must
/// be in this transaction. Errors: conflict (somebody else committed or removed one meanwhile: unpack again),
/// and those of the record functions.
Result<void> commit_unpacked(Store& store, metadata::WriteTx& tx, std::string_view ns, UnpackedLayers& layers,
                             const Digest& config);

/// Unpacks an image of the store and commits. Already unpacked is fine. Errors: those of resolve,
/// unpack_layers, commit_unpacked.
Result<ResolvedImage> unpack(Store& store, std::string_view ns, std::string_view name_or_reference,
                             const std::optional<Platform>& platform, const Control& control);

}  // namespace bayplan::images
