#include "hostile/image_rows.h"

#include <iterator>
#include <memory>

#include "hostile/good_registry.h"
#include "support/tar_builder.h"

namespace bayplan::test {

HostileCase image_row(std::string name, BuildImage build, Wanted wanted) {
  const auto says = [build = std::move(build)](const Places&) -> Says {
    LayoutBuilder layout;
    const Descriptor tagged = build(layout);
    const auto registry = std::make_shared<const GoodRegistry>(std::move(layout), tagged);
    return [registry](const HttpServerRequest& request) { return registry->answer(request); };
  };
  return {.name = std::move(name),
          .group = "image",
          .ask = Ask::pull,
          .wanted = std::move(wanted),
          .registry = {.says = says}};
}

std::string small_tar() { return TarBuilder().file("f", "x").end(); }
std::string victim_tar() { return TarBuilder().file("victim", "safe").end(); }

DescriptorText text_of(const Descriptor& descriptor) {
  return {descriptor.media_type, descriptor.digest.to_string(), std::to_string(descriptor.size)};
}

std::string json_of(const DescriptorText& descriptor) {
  return R"({"mediaType":")" + descriptor.type + R"(","digest":")" + descriptor.digest + R"(","size":)" +
         descriptor.size + descriptor.more + "}";
}

std::string manifest_of(const DescriptorText& config, const std::vector<DescriptorText>& layers) {
  std::string text = R"({"schemaVersion":2,"mediaType":")" + std::string(kManifestType) + R"(","config":)" +
                     json_of(config) + R"(,"layers":[)";
  for (std::size_t n = 0; n < layers.size(); ++n) text += (n == 0 ? "" : ",") + json_of(layers[n]);
  return text + "]}";
}

BuildImage image_of(std::vector<std::string> layers, const std::string& type, std::vector<Digest> diff_ids) {
  return [=](LayoutBuilder& layout) {
    std::vector<Descriptor> blobs;
    blobs.reserve(layers.size());
    for (const std::string& layer : layers) blobs.push_back(layout.blob(layer, type));
    const Descriptor config = layout.blob(config_json(diff_ids), kConfigType);
    return layout.blob(manifest_json(config, blobs, kManifestType), kManifestType);
  };
}

std::vector<HostileCase> image_cases() {
  std::vector<HostileCase> all;
  for (const auto group : {image_graph_cases, image_descriptor_cases, image_layer_cases, image_config_cases,
                           image_transfer_cases}) {
    std::vector<HostileCase> more = group();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace bayplan::test
