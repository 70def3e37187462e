#include "bayplan/images/import.h"

#include <map>

#include "bayplan/base/fault.h"
#include "bayplan/metadata/namespaces.h"
#include "blob_intake.h"
#include "graph.h"
#include "import_names.h"
#include "layer_stream.h"
#include "open_source.h"
#include "unpacker.h"

namespace bayplan::images {
namespace {

constexpr int kUnpackAttempts = 3;

/// A manifest to unpack.
struct Plan {
  Digest config;
  std::vector<LayerInput> layers;
};

Error missing(const Digest& digest) {
  return Error(Errc::not_found, "blob", digest.to_string(), "is missing from the source")
      .with_advice("a complete copy is needed to unpack; without unpacking, what is there can be imported");
}

bool is_artifact(const Graph& graph, const Descriptor& target) {
  const auto manifest = graph.manifests.find(target.digest);
  return manifest != graph.manifests.end() &&
         media_kind(manifest->second.config.media_type) != MediaKind::config;
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

// Says of every manifest that all its parts are there, where they are.
void label_complete(Graph& graph) {
  for (const auto& [digest, manifest] : graph.manifests) {
    if (!absent_parts(graph, manifest).empty()) continue;
    graph.nodes.at(digest).labels.insert_or_assign(std::string(kCompleteLabel), "true");
  }
}

class Import {
 public:
  Import(Store& store, std::string_view ns, const ImportOptions& options, const Control& control)
      : store_(store), ns_(ns), options_(options), control_(control) {}

  Result<ImportReport> run(const std::filesystem::path& path) {
    BAYPLAN_TRY(metadata::validate_namespace(ns_));
    const std::string base = path == "-" ? "stdin" : base_name(path);
    BAYPLAN_ASSIGN(source_, open_source(store_.blobs(), path, base, control_));
    BAYPLAN_ASSIGN(images_, name_images(source_.images, options_.name, base, report_.warnings));
    BAYPLAN_TRY(store_.db().view([&](const metadata::ReadTx& tx) { return check_names(tx); }));
    for (const NamedImage& image : images_) {
      BAYPLAN_TRY(read(image).with_context("image", image.name));
    }
    label_complete(graph_);
    BlobIntake intake(*source_.source, store_.blobs(), control_);
    BAYPLAN_TRY(sort_blobs(intake));
    BAYPLAN_TRY(unpack_and_record(intake));
    return std::move(report_);
  }

 private:
  // Walks one image and decides what of it is unpacked.
  Result<void> read(const NamedImage& image);
  Result<std::optional<Plan>> make_plan(const NamedImage& image, const ChosenManifest& chosen);
  Result<bool> is_complete(const NamedImage& image, const ChosenManifest& chosen);

  Result<void> sort_blobs(BlobIntake& intake);

  Result<void> unpack_and_record(BlobIntake& intake);
  Result<void> unpack(Unpacker& unpacker, BlobIntake& intake);
  Result<void> record(metadata::WriteTx& tx, Unpacker& unpacker, std::vector<content::ReadyBlob>& ready);
  Result<void> check_names(const metadata::BucketSource& source) const;
  Result<void> put_image(metadata::WriteTx& tx, const NamedImage& image);
  void report_unpacked(Unpacker& unpacker);

  Store& store_;
  const std::string ns_;
  const ImportOptions& options_;
  const Control& control_;

  OpenedSource source_{};
  std::vector<NamedImage> images_{};
  Graph graph_{};
  std::vector<Plan> plans_{};
  std::map<Digest, std::optional<std::size_t>> plan_of_{};  // of a target; empty when it is not unpacked
  bool consumed_ = false;                                   // the blobs were given to a transaction
  ImportReport report_{};
};

Result<void> Import::read(const NamedImage& image) {
  const Descriptor& target = image.target;
  const auto [plan_index, fresh] = plan_of_.try_emplace(target.digest);
  if (!fresh) return {};
  BAYPLAN_TRY(walk_graph(graph_, *source_.source, target, control_.cancel));
  BAYPLAN_ASSIGN(const auto chosen, choose_manifest(graph_, *source_.source, target, options_.platform));
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

Result<std::optional<Plan>> Import::make_plan(const NamedImage& image, const ChosenManifest& chosen) {
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
Result<bool> Import::is_complete(const NamedImage& image, const ChosenManifest& chosen) {
  const std::vector<Descriptor> absent =
      chosen.document == nullptr ? std::vector{chosen.descriptor} : absent_parts(graph_, *chosen.document);
  for (const Descriptor& part : absent) {
    if (options_.unpack && !is_nondistributable(part.media_type)) return missing(part.digest);
    report_.warnings.push_back(image.name + ": " + part.digest.to_string() +
                               " is missing from the source, not unpacked");
  }
  return absent.empty();
}

// Takes what this namespace has already, and expects the rest.
Result<void> Import::sort_blobs(BlobIntake& intake) {
  std::vector<Descriptor> fresh;
  std::vector<Descriptor> recorded;
  BAYPLAN_TRY(store_.db().view([&](const metadata::ReadTx& tx) -> Result<void> {
    for (const auto& [digest, node] : graph_.nodes) {
      if (!node.present) continue;
      const auto info = content::stat(tx, ns_, digest);
      if (!info && info.error().code() != Errc::not_found) return info.error();
      (info && info->size == node.descriptor.size ? recorded : fresh).push_back(node.descriptor);
    }
    return {};
  }));
  for (Descriptor& blob : recorded) {
    BAYPLAN_ASSIGN(auto adopted, store_.blobs().adopt(blob.digest, blob.size));
    if (adopted) {
      intake.add_ready(std::move(*adopted));
    } else {
      fresh.push_back(std::move(blob));
    }
  }
  for (const Descriptor& blob : fresh) {
    intake.expect(blob);
    report_.blobs += 1;
    report_.bytes += blob.size;
  }
  return {};
}

Result<void> Import::unpack_and_record(BlobIntake& intake) {
  for (Plan& plan : plans_) {
    for (LayerInput& layer : plan.layers) {
      layer.open = [&intake, blob = layer.descriptor] { return intake.open(blob); };
    }
  }
  for (int attempt = 1;; ++attempt) {
    Unpacker unpacker(store_, ns_, control_, options_.limits);
    BAYPLAN_TRY(unpack(unpacker, intake));
    auto recorded =
        store_.db().update([&](metadata::WriteTx& tx) { return record(tx, unpacker, intake.ready()); });
    if (recorded) {
      report_unpacked(unpacker);
      return fault::at(fault::Point::import_committed);
    }
    if (recorded.error().code() != Errc::conflict || consumed_ || attempt == kUnpackAttempts) return recorded;
  }
}

// Layers and blobs become durable, in that order: after the one sync of all layers little is left to do for
// the blobs.
Result<void> Import::unpack(Unpacker& unpacker, BlobIntake& intake) {
  for (const Plan& plan : plans_) {
    const auto unpacked = unpacker.run(plan.layers);
    if (unpacked) continue;
    const auto checked = intake.check_opened();
    const bool source_is_bad = !checked && checked.error().code() == Errc::digest_mismatch;
    return source_is_bad ? checked.error() : unpacked.error();
  }
  BAYPLAN_TRY(unpacker.sync());
  BAYPLAN_TRY(intake.publish());
  return control_.cancel.check();
}

Result<void> Import::record(metadata::WriteTx& tx, Unpacker& unpacker,
                            std::vector<content::ReadyBlob>& ready) {
  // First of all, because the blobs can be given away only once.
  BAYPLAN_TRY(check_unpacked(store_, tx, ns_, unpacker.results()));
  BAYPLAN_TRY(check_names(tx));
  consumed_ = true;
  for (content::ReadyBlob& blob : ready) {
    const Labels& labels = graph_.nodes.at(blob.digest()).labels;
    BAYPLAN_TRY(content::add(tx, ns_, std::move(blob), labels, metadata::referred()));
  }
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    BAYPLAN_TRY(commit_unpacked(store_, tx, ns_, unpacker.results()[i], plans_[i].config));
  }
  for (const NamedImage& image : images_) BAYPLAN_TRY(put_image(tx, image));
  return fault::at(fault::Point::import_before_commit);
}

Result<void> Import::check_names(const metadata::BucketSource& source) const {
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

Result<void> Import::put_image(metadata::WriteTx& tx, const NamedImage& image) {
  const Descriptor& target = image.target;
  ImportedImage& imported =
      report_.images.emplace_back(ImportedImage{.name = image.name, .target = target.digest});
  auto known = get(tx, ns_, image.name);
  if (!known && known.error().code() != Errc::not_found) return known.error();
  if (!known) return create(tx, ns_, {.name = image.name, .target = target, .labels = {}});
  if (known->target.digest == target.digest) return {};
  imported.previous = known->target.digest;
  known->target = target;
  BAYPLAN_TRY(update(tx, ns_, *known));
  return {};
}

void Import::report_unpacked(Unpacker& unpacker) {
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

}  // namespace

Result<ImportReport> import(Store& store, std::string_view ns, const std::filesystem::path& source,
                            const ImportOptions& options, const Control& control) {
  return Import(store, ns, options, control).run(source).with_context("import", source.native());
}

}  // namespace bayplan::images
