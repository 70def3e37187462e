#include "unpacker.h"

#include <algorithm>
#include <set>

#include "layer_stream.h"

namespace bayplan::images {
namespace {

Error vanished(const Digest& chain_id) {
  return {Errc::conflict, "snapshot", chain_id.to_string(), "was removed meanwhile"};
}

// Whether `chain_id` is a committed snapshot.
Result<bool> is_committed(Store& store, const metadata::BucketSource& source, std::string_view ns,
                          const Digest& chain_id) {
  const auto info = store.snapshotter().stat(source, ns, chain_id.to_string());
  if (!info && info.error().code() == Errc::not_found) return false;
  if (!info) return info.error();
  if (info->kind == snapshots::Kind::committed) return true;
  return Error(
      Errc::conflict, "snapshot", chain_id.to_string(),
      "is " + std::string(snapshots::to_string(info->kind)) + ", and in the way of an image's layer");
}

Result<void> check_one(Store& store, const metadata::BucketSource& source, std::string_view ns,
                       const UnpackedLayers::Layer& layer, std::set<Digest>& coming) {
  BAYPLAN_ASSIGN(const bool there, is_committed(store, source, ns, layer.chain_id));
  if (layer.stage && there) {
    return Error(Errc::conflict, "snapshot", layer.chain_id.to_string(),
                 "was committed by somebody else meanwhile");
  }
  if (layer.stage) {
    coming.insert(layer.chain_id);
  } else if (!there && !coming.contains(layer.chain_id)) {
    return vanished(layer.chain_id);
  }
  return {};
}

}  // namespace

Unpacker::Unpacker(Store& store, std::string_view ns, const Control& control, const UnpackLimits& limits)
    : store_(store), ns_(ns), control_(control), limits_(limits) {}

Result<void> Unpacker::run(const std::vector<LayerInput>& layers) {
  std::vector<Digest> diff_ids;
  diff_ids.reserve(layers.size());
  for (const LayerInput& layer : layers) diff_ids.push_back(layer.diff_id);
  const std::vector<Digest> chain = chain_ids(diff_ids);

  UnpackedLayers& result = results_.emplace_back();
  result.layers.reserve(layers.size());  // no element moves: those above are staged on those below
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto layer = unpack_one(layers[i], chain[i], i == 0 ? nullptr : &chain[i - 1]);
    if (!layer)
      return std::move(layer).error().with_context("layer", layers[i].descriptor.digest.to_string());
    result.layers.push_back(std::move(layer).value());
    UnpackedLayers::Layer& done = result.layers.back();
    if (!done.stage) continue;
    staged_.emplace(chain[i], &*done.stage);
    // Nobody writes to it any more, so that it can be looked at while the next one is applied.
    measured_.emplace_back(&done, std::async([&done] { return done.stage->measure(); }));
  }
  return {};
}

Result<UnpackedLayers::Layer> Unpacker::unpack_one(const LayerInput& layer, const Digest& chain_id,
                                                   const Digest* parent) {
  BAYPLAN_TRY(control_.cancel.check());
  UnpackedLayers::Layer out{.chain_id = chain_id, .diff_id = layer.diff_id, .blob = layer.descriptor.digest};
  bool there = staged_.contains(chain_id);
  if (!there) {
    BAYPLAN_ASSIGN(there, store_.db().view([&](const metadata::ReadTx& tx) {
      return is_committed(store_, tx, ns_, chain_id);
    }));
  }
  if (there) {
    BAYPLAN_TRY(check_blob(layer));
    return out;
  }
  BAYPLAN_ASSIGN(out.stage, make_stage(parent));
  BAYPLAN_TRY(apply(layer, out));
  return out;
}

Result<snapshots::Stage> Unpacker::make_stage(const Digest* parent) const {
  if (parent != nullptr) {
    if (const auto below = staged_.find(*parent); below != staged_.end()) {
      return store_.snapshotter().stage_on(*below->second);
    }
  }
  auto stage = store_.db().view([&](const metadata::ReadTx& tx) {
    return store_.snapshotter().stage(tx, ns_, parent == nullptr ? "" : parent->to_string());
  });
  if (!stage && stage.error().code() == Errc::not_found && parent != nullptr) return vanished(*parent);
  return stage;
}

Result<void> Unpacker::apply(const LayerInput& layer, UnpackedLayers::Layer& out) {
  BAYPLAN_ASSIGN(const auto stream, LayerStream::open(layer, control_, limits_));
  const Control silent{.cancel = control_.cancel, .progress = {}};  // the stream reports
  BAYPLAN_ASSIGN(auto report, out.stage->apply(*stream, limits_.layer, silent));
  BAYPLAN_TRY(stream->finish());
  verified_.insert_or_assign(layer.descriptor.digest, layer.diff_id);
  limits_.layer.max_bytes -= std::min(limits_.layer.max_bytes, report.bytes);
  out.warnings = std::move(report.warnings);
  return {};
}

Result<void> Unpacker::check_blob(const LayerInput& layer) {
  const Digest& blob = layer.descriptor.digest;
  if (const auto seen = verified_.find(blob); seen != verified_.end() && seen->second == layer.diff_id)
    return {};
  BAYPLAN_ASSIGN(const bool recorded, store_.db().view([&](const metadata::ReadTx& tx) -> Result<bool> {
    const auto info = content::stat(tx, ns_, blob);
    if (!info && info.error().code() == Errc::not_found) return false;
    if (!info) return info.error();
    const auto label = info->labels.find(std::string(kUncompressedLabel));
    return label != info->labels.end() && label->second == layer.diff_id.to_string();
  }));
  if (recorded) return {};
  BAYPLAN_ASSIGN(const auto stream, LayerStream::open(layer, control_, limits_));
  BAYPLAN_TRY(stream->finish());
  verified_.insert_or_assign(blob, layer.diff_id);
  return {};
}

Result<void> Unpacker::sync() {
  if (staged_.empty()) return {};
  BAYPLAN_TRY(store_.snapshotter().sync());
  for (auto& [layer, usage] : measured_) {
    BAYPLAN_ASSIGN(layer->usage, usage.get());
  }
  measured_.clear();
  return {};
}

Result<std::vector<LayerInput>> layer_inputs(Store& store, const Manifest& manifest,
                                             const ImageConfig& config, std::string_view name) {
  if (manifest.layers.size() != config.diff_ids.size()) {
    return Error(Errc::invalid_argument, "image", name,
                 std::to_string(manifest.layers.size()) + " layers, but " +
                     std::to_string(config.diff_ids.size()) + " diff_ids in the config");
  }
  std::vector<LayerInput> inputs;
  inputs.reserve(manifest.layers.size());
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const Descriptor& layer = manifest.layers[i];
    inputs.push_back(
        {layer, config.diff_ids[i], [&store, layer]() -> Result<std::unique_ptr<ByteSource>> {
           BAYPLAN_ASSIGN(auto blob, store.blobs().open_blob(layer.digest, layer.size, content::Verify::no));
           return std::unique_ptr<ByteSource>(std::make_unique<content::BlobReader>(std::move(blob)));
         }});
  }
  return inputs;
}

Result<void> check_unpacked(Store& store, const metadata::BucketSource& source, std::string_view ns,
                            std::span<const UnpackedLayers> unpacked) {
  std::set<Digest> coming;
  for (const UnpackedLayers& image : unpacked) {
    for (const auto& layer : image.layers) BAYPLAN_TRY(check_one(store, source, ns, layer, coming));
  }
  return {};
}

}  // namespace bayplan::images
