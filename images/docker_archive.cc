#include "docker_archive.h"

#include "bayplan/base/json.h"
#include "media_type.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kManifest = "manifest.json";

struct ArchivedImage {
  std::string config;
  std::vector<std::string> layers;
  std::vector<std::string> names;
};

std::vector<std::string> to_strings(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

Result<ArchivedImage> read_item(const json::Value& item) {
  BAYPLAN_ASSIGN(const std::string_view config, item.string("Config"));
  BAYPLAN_ASSIGN(const auto layers, item.optional_strings("Layers"));
  BAYPLAN_ASSIGN(const auto names, item.optional_strings("RepoTags"));
  if (layers.size() > kMaxChildren) {
    return Error(Errc::too_large, "JSON member", "Layers",
                 "more than " + std::to_string(kMaxChildren) + " entries");
  }
  return ArchivedImage{std::string(config), to_strings(layers), to_strings(names)};
}

Result<std::vector<ArchivedImage>> read_items(std::string_view manifest_json) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(manifest_json, kManifest));
  BAYPLAN_ASSIGN(const auto items, document.root().as_array().with_context("docker archive", kManifest));
  if (items.size() > kMaxChildren) {
    return Error(Errc::too_large, "docker archive", kManifest,
                 "more than " + std::to_string(kMaxChildren) + " images");
  }
  std::vector<ArchivedImage> images;
  images.reserve(items.size());
  for (const json::Value& item : items) {
    BAYPLAN_ASSIGN(ArchivedImage image, read_item(item).with_context("docker archive", kManifest));
    images.push_back(std::move(image));
  }
  return images;
}

Result<ArchiveSource::File*> require_file(ArchiveSource& source, const std::string& name) {
  ArchiveSource::File* const file = source.find(name);
  if (file != nullptr) return file;
  return Error(Errc::invalid_argument, "archive entry", name,
               "named by manifest.json, but no file of the archive");
}

std::string_view layer_type(content::Compression compression) noexcept {
  switch (compression) {
    case content::Compression::gzip:
      return kDockerLayerGzip;
    case content::Compression::zstd:
      return kDockerLayerZstd;
    default:
      return kDockerLayer;
  }
}

Result<Descriptor> add_layer(ArchiveSource& source, const std::string& name, const Digest& diff_id) {
  BAYPLAN_ASSIGN(ArchiveSource::File * file, require_file(source, name));
  const bool plain = file->compression == content::Compression::none;
  if (plain && file->digest.algorithm() == diff_id.algorithm() && file->digest != diff_id) {
    return Error(Errc::digest_mismatch, "archive entry", name,
                 "is " + file->digest.to_string() + ", the config says " + diff_id.to_string());
  }
  source.serve(*file);
  return Descriptor{std::string(layer_type(file->compression)), file->digest, file->size};
}

void write_descriptor(json::Writer& json, const Descriptor& descriptor) {
  json.begin_object();
  json.member("mediaType", descriptor.media_type);
  json.key("size").unsigned_integer(descriptor.size);
  json.member("digest", descriptor.digest.to_string());
  json.end_object();
}

std::string manifest_of(const Descriptor& config, const std::vector<Descriptor>& layers) {
  json::Writer json;
  json.begin_object();
  json.key("schemaVersion").unsigned_integer(2);
  json.member("mediaType", kDockerManifest);
  json.key("config");
  write_descriptor(json, config);
  json.key("layers").begin_array();
  for (const Descriptor& layer : layers) write_descriptor(json, layer);
  json.end_array();
  json.end_object();
  return std::move(json).take();
}

Result<SourceImage> add_image(ArchiveSource& source, ArchivedImage image) {
  BAYPLAN_ASSIGN(ArchiveSource::File * file, require_file(source, image.config));
  source.serve(*file);
  const Descriptor config{std::string(kDockerConfig), file->digest, file->size};
  BAYPLAN_ASSIGN(const std::string json, source.document(config));
  BAYPLAN_ASSIGN(const ImageConfig parsed, parse_config(json, image.config));
  if (parsed.diff_ids.size() != image.layers.size()) {
    return Error(Errc::invalid_argument, "docker archive", kManifest,
                 std::to_string(image.layers.size()) + " layers, but " +
                     std::to_string(parsed.diff_ids.size()) + " diff_ids in the config");
  }
  std::vector<Descriptor> layers;
  layers.reserve(image.layers.size());
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    BAYPLAN_ASSIGN(Descriptor layer, add_layer(source, image.layers[i], parsed.diff_ids[i]));
    layers.push_back(std::move(layer));
  }
  Descriptor manifest = source.add_document(manifest_of(config, layers), kDockerManifest);
  return SourceImage{.target = std::move(manifest), .names = std::move(image.names)};
}

Result<void> check_known(ArchiveSource& source, const Graph& graph, const std::string& name) {
  BAYPLAN_ASSIGN(const ArchiveSource::File* file, require_file(source, name));
  if (graph.nodes.contains(file->digest)) return {};
  return Error(Errc::invalid_argument, "archive entry", name,
               "named by manifest.json, but no part of an image of index.json");
}

}  // namespace

Result<std::vector<SourceImage>> read_docker_archive(ArchiveSource& source, std::string_view manifest_json) {
  BAYPLAN_ASSIGN(std::vector<ArchivedImage> items, read_items(manifest_json));
  std::vector<SourceImage> images;
  images.reserve(items.size());
  for (ArchivedImage& item : items) {
    BAYPLAN_ASSIGN(SourceImage image, add_image(source, std::move(item)));
    images.push_back(std::move(image));
  }
  return images;
}

Result<void> check_same_images(ArchiveSource& source, const Graph& graph, std::string_view manifest_json) {
  BAYPLAN_ASSIGN(const std::vector<ArchivedImage> items, read_items(manifest_json));
  for (const ArchivedImage& item : items) {
    BAYPLAN_TRY(check_known(source, graph, item.config));
    for (const std::string& layer : item.layers) BAYPLAN_TRY(check_known(source, graph, layer));
  }
  return {};
}

}  // namespace bayplan::images
