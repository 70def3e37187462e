// An image as a docker archive: manifest.json, configs and layers by digest.
#include "bayplan/base/json.h"
#include "bayplan/images/reference.h"
#include "bayplan/images/resolve.h"
#include "export_plan.h"
#include "image_parts.h"

namespace bayplan::images {
namespace {

struct DockerItem {
  Digest config;
  std::vector<std::string> layers{};
  std::vector<std::string> tags{};
};

std::string config_path(const Digest& digest) { return digest.hex() + ".json"; }
std::string layer_path(const Digest& digest) { return digest.hex() + ".tar"; }

std::string manifest_json(const std::vector<DockerItem>& items) {
  json::Writer json;
  const auto strings = [&](std::string_view key, const std::vector<std::string>& values) {
    json.key(key).begin_array();
    for (const std::string& value : values) json.string(value);
    json.end_array();
  };
  json.begin_array();
  for (const DockerItem& item : items) {
    json.begin_object().member("Config", config_path(item.config));
    strings("RepoTags", item.tags);
    strings("Layers", item.layers);
    json.end_object();
  }
  json.end_array();
  return std::move(json).take();
}

// What docker load gives an image for a name: never one with a digest.
std::optional<std::string> repo_tag(const std::string& name) {
  const auto reference = Reference::parse(name);
  if (!reference || !reference->tag()) return std::nullopt;
  return reference->domain() + "/" + reference->path() + ":" + *reference->tag();
}

Result<DockerItem> plan_image(const metadata::BucketSource& source, std::string_view ns,
                              const ResolvedImage& image, ExportPlan& plan) {
  DockerItem item{.config = image.id()};
  BAYPLAN_TRY(require_recorded(source, ns, image.document.config));
  add_blob(plan, config_path(image.id()), image.document.config);
  for (const Descriptor& layer : image.document.layers) {
    BAYPLAN_TRY(require_recorded(source, ns, layer));
    add_blob(plan, layer_path(layer.digest), layer);
    item.layers.push_back(layer_path(layer.digest));
  }
  return item;
}

Result<std::optional<Platform>> only_platform(const ExportOptions& options) {
  if (options.all_platforms || options.platforms.size() > 1) {
    return Error(Errc::invalid_argument, "docker archive", {}, "holds one platform of an image")
        .with_advice("choose one, or export an OCI layout");
  }
  if (options.platforms.empty()) return std::optional<Platform>();
  return std::optional(options.platforms.front());
}

}  // namespace

Result<void> plan_docker_archive(Store& store, const metadata::BucketSource& source, std::string_view ns,
                                 const std::vector<Image>& images, const ExportOptions& options,
                                 ExportPlan& plan) {
  BAYPLAN_ASSIGN(const auto platform, only_platform(options));
  std::vector<DockerItem> items;
  std::map<Digest, std::size_t> of_manifest;  // two names of one image are one item
  for (const Image& image : images) {
    BAYPLAN_ASSIGN(const ResolvedImage resolved, resolve(store, source, ns, image.name, platform));
    const auto [at, fresh] = of_manifest.try_emplace(resolved.manifest.digest, items.size());
    if (fresh) {
      auto item = plan_image(source, ns, resolved, plan).with_context("image", image.name);
      if (!item) return std::move(item).error();
      items.push_back(*std::move(item));
    }
    if (auto tag = repo_tag(image.name)) items[at->second].tags.push_back(*std::move(tag));
  }
  plan.files["manifest.json"] = {.text = manifest_json(items)};
  return {};
}

}  // namespace bayplan::images
