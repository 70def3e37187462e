#include "image_intake.h"

#include "bayplan/base/fault.h"
#include "distribution_source.h"
#include "image_parts.h"
#include "layer_stream.h"

namespace bayplan::images {
namespace {

constexpr int kUnpackAttempts = 3;

Error missing(const Digest& digest) {
  return Error(Errc::not_found, "blob", digest.to_string(), "is missing from the source")
      .with_advice("a complete copy is needed to unpack; without unpacking, what is there can be imported");
}

bool is_artifact(const Graph& graph, const Descriptor& target) {
  const auto manifest = graph.manifests.find(target.digest);
  return manifest != graph.manifests.end() &&
         media_kind(manifest->second.config.media_type) != MediaKind::config;
}

// Whether other bytes could have done better; to know whether they are the right ones, all have to come.
bool may_be_of_bytes(const Error& error) noexcept {
  const Errc code = error.code();
  return code != Errc::no_space && code != Errc::cancelled && code != Errc::too_large && code != Errc::io;
}

std::vector<Descriptor> absent_parts(const Graph& graph, const Manifest& manifest) {
  std::vector<Descriptor> absent;
  const auto add_absent = [&](const Descriptor& part) {
    if (!graph.nodes.at(part.digest).present) absent.push_back(part);
  };
  add_absent(manifest.config);
  for (const Descriptor& layer : manifest.layers) add_absent(layer);
  return absent;
}

}  // namespace

Result<void> ImageIntake::read(const ImageSource& source, std::vector<NamedImage> images) {
  images_ = std::move(images);
  BAYPLAN_TRY(store_.db().view([&](const metadata::ReadTx& tx) { return check_names(tx); }));
  for (const NamedImage& image : images_) {
    BAYPLAN_TRY(read_image(source, image).with_context("image", image.name));
  }
  label_complete();
  return {};
}

Result<void> ImageIntake::read_image(const ImageSource& source, const NamedImage& image) {
  const Descriptor& target = image.target;
  const auto [plan_index, fresh] = plan_of_.try_emplace(target.digest);
  if (!fresh) return {};
  BAYPLAN_TRY(walk_graph(graph_, source, target, control_.cancel));
  BAYPLAN_ASSIGN(const auto chosen, choose_manifest(graph_, source, target, options_.platform));
  if (!chosen) {
    if (options_.unpack && !is_artifact(graph_, target)) {
      const Platform wanted = options_.platform ? normalize(*options_.platform) : host_platform();
      report_.warnings.push_back(image.name + ": holds nothing for " + wanted.to_string() + ", not unpacked");
    }
    return {};
  }
  BAYPLAN_ASSIGN(auto plan, make_plan(image, *chosen));
  if (!plan) return {};
  plan_index->second = plans_.size();
  plans_.push_back(std::move(*plan));
  return {};
}

Result<std::optional<ImageIntake::Plan>> ImageIntake::make_plan(const NamedImage& image,
                                                                const ChosenManifest& chosen) {
  std::optional<Plan> none;
  BAYPLAN_ASSIGN(const bool complete, is_complete(image, chosen));
  if (!complete) return none;
  const std::string name = chosen.descriptor.digest.to_string();
  BAYPLAN_ASSIGN(auto layers, layer_inputs(store_, *chosen.document, *chosen.config, name));
  if (!options_.unpack || layers.empty()) return none;
  for (const LayerInput& layer : layers) BAYPLAN_TRY(layer_compression(layer.descriptor.media_type));
  return std::optional(Plan{chosen.document->config.digest, std::move(layers)});
}

// Whether all is there that unpacking needs; what may be absent is warned of.
Result<bool> ImageIntake::is_complete(const NamedImage& image, const ChosenManifest& chosen) {
  const std::vector<Descriptor> absent =
      chosen.document == nullptr ? std::vector{chosen.descriptor} : absent_parts(graph_, *chosen.document);
  for (const Descriptor& part : absent) {
    if (options_.unpack && !is_nondistributable(part.media_type)) return missing(part.digest);
    report_.warnings.push_back(image.name + ": " + part.digest.to_string() +
                               " is missing from the source, not unpacked");
  }
  return absent.empty();
}

// Says of every manifest that all its parts are there, where they are.
void ImageIntake::label_complete() {
  for (const auto& [digest, manifest] : graph_.manifests) {
    if (!absent_parts(graph_, manifest).empty()) continue;
    graph_.nodes.at(digest).labels.insert_or_assign(std::string(kCompleteLabel), "true");
  }
}

// Takes what this namespace has already, and expects the rest: what is unpacked first comes first.
Result<void> ImageIntake::sort_blobs(BlobIntake& intake) {
  std::map<Digest, Descriptor> fresh;
  std::vector<Descriptor> recorded;
  BAYPLAN_TRY(store_.db().view([&](const metadata::ReadTx& tx) -> Result<void> {
    for (const auto& [digest, node] : graph_.nodes) {
      if (!node.present) continue;
      BAYPLAN_ASSIGN(const bool there, is_recorded(tx, ns_, node.descriptor));
      if (there) recorded.push_back(node.descriptor);
      if (!there) fresh.emplace(digest, node.descriptor);
    }
    return {};
  }));
  for (Descriptor& blob : recorded) {
    BAYPLAN_ASSIGN(auto adopted, store_.blobs().adopt(blob.digest, blob.size));
    if (adopted) {
      intake.add_ready(std::move(*adopted));
    } else {
      fresh.emplace(blob.digest, std::move(blob));
    }
  }
  const auto expect = [&](const Digest& digest) {
    const auto blob = fresh.extract(digest);
    if (!blob) return;
    intake.expect(blob.mapped());
    report_.blobs += 1;
    report_.bytes += blob.mapped().size;
  };
  for (const Plan& plan : plans_) {
    for (const LayerInput& layer : plan.layers) expect(layer.descriptor.digest);
  }
  while (!fresh.empty()) expect(Digest(fresh.begin()->first));
  return {};
}

Result<ImportReport> ImageIntake::record(BlobIntake& intake, const Also& also) {
  BAYPLAN_TRY(sort_blobs(intake));
  for (Plan& plan : plans_) {
    for (LayerInput& layer : plan.layers) {
      layer.open = [&intake, blob = layer.descriptor] { return intake.open(blob); };
    }
  }
  for (int attempt = 1;; ++attempt) {
    Unpacker unpacker(store_, ns_, control_, options_.limits);
    BAYPLAN_TRY(unpack(unpacker, intake));
    auto recorded =
        store_.db().update([&](metadata::WriteTx& tx) { return write(tx, unpacker, intake, also); });
    if (recorded) {
      report_unpacked(unpacker);
      BAYPLAN_TRY(fault::at(fault::Point::import_committed));
      return std::move(report_);
    }
    if (recorded.error().code() != Errc::conflict || consumed_ || attempt == kUnpackAttempts) {
      return std::move(recorded).error();
    }
  }
}

// Layers and blobs become durable, in that order: after the one sync of all layers little is left to do for
// the blobs.
Result<void> ImageIntake::unpack(Unpacker& unpacker, BlobIntake& intake) {
  for (const Plan& plan : plans_) {
    const auto unpacked = unpacker.run(plan.layers);
    if (unpacked) continue;
    if (!may_be_of_bytes(unpacked.error())) return unpacked.error();
    const auto checked = intake.check_opened();
    const bool source_is_bad = !checked && checked.error().code() == Errc::digest_mismatch;
    return source_is_bad ? checked.error() : unpacked.error();
  }
  BAYPLAN_TRY(unpacker.sync());
  BAYPLAN_TRY(intake.publish());
  return control_.cancel.check();
}

Result<void> ImageIntake::write(metadata::WriteTx& tx, Unpacker& unpacker, BlobIntake& intake,
                                const Also& also) {
  // First of all, because the blobs can be given away only once.
  BAYPLAN_TRY(check_unpacked(store_, tx, ns_, unpacker.results()));
  BAYPLAN_TRY(check_names(tx));
  consumed_ = true;
  for (content::ReadyBlob& blob : intake.ready()) {
    const Digest digest = blob.digest();
    const Labels& labels = graph_.nodes.at(digest).labels;
    BAYPLAN_TRY(content::add(tx, ns_, std::move(blob), labels, metadata::referred()));
    BAYPLAN_TRY(note_origin(tx, digest));
  }
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    BAYPLAN_TRY(commit_unpacked(store_, tx, ns_, unpacker.results()[i], plans_[i].config));
  }
  for (const NamedImage& image : images_) BAYPLAN_TRY(put_image(tx, image));
  if (also) BAYPLAN_TRY(also(tx));
  return fault::at(fault::Point::import_before_commit);
}

// Documents are not mounted from one repository to another: they are put.
Result<void> ImageIntake::note_origin(metadata::WriteTx& tx, const Digest& blob) const {
  if (!origin_ || graph_.manifests.contains(blob) || graph_.indexes.contains(blob)) return {};
  BAYPLAN_ASSIGN(const content::Info info, content::stat(tx, ns_, blob));
  const Labels gained = distribution_source_labels(info.labels, *origin_);
  return gained.empty() ? Result<void>() : content::merge_labels(tx, ns_, blob, gained);
}

Result<void> ImageIntake::check_names(const metadata::BucketSource& source) const {
  if (options_.replace) return {};
  for (const NamedImage& image : images_) {
    const auto known = get(source, ns_, image.name);
    if (!known && known.error().code() == Errc::not_found) continue;
    if (!known) return known.error();
    if (known->target.digest == image.target.digest) continue;
    return Error(Errc::already_exists, "image", image.name,
                 "is " + known->target.digest.to_string() + ", the source has " +
                     image.target.digest.to_string())
        .with_advice("remove it first, or ask to replace it");
  }
  return {};
}

Result<void> ImageIntake::put_image(metadata::WriteTx& tx, const NamedImage& image) {
  const Descriptor& target = image.target;
  ImportedImage& imported =
      report_.images.emplace_back(ImportedImage{.name = image.name, .target = target.digest});
  const auto known = get(tx, ns_, image.name);
  if (!known && known.error().code() != Errc::not_found) return known.error();
  if (!known) return create(tx, ns_, {.name = image.name, .target = target, .labels = {}});
  if (known->target.digest == target.digest) return {};
  imported.previous = known->target.digest;
  Image moved = *known;
  moved.target = target;
  BAYPLAN_TRY(update(tx, ns_, moved));
  return options_.replaced ? options_.replaced(tx, *known) : Result<void>();
}

void ImageIntake::report_unpacked(Unpacker& unpacker) {
  for (ImportedImage& image : report_.images) {
    const auto plan = plan_of_.at(image.target);
    if (plan) image.chain_id = unpacker.results()[*plan].layers.back().chain_id;
  }
  for (const UnpackedLayers& unpacked : unpacker.results()) {
    for (const auto& layer : unpacked.layers) {
      for (const std::string& warning : layer.warnings) {
        report_.warnings.push_back(layer.blob.to_string() + ": " + warning);
      }
    }
  }
}

}  // namespace bayplan::images
