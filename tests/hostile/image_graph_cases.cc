// Indexes in indexes: too deep, too wide, in circles, and of more ways than there are documents.
#include "hostile/image_rows.h"

namespace bayplan::test {
namespace {

Descriptor index_of(LayoutBuilder& layout, const Descriptor& child, std::size_t times) {
  return layout.index(std::vector<IndexEntry>(times, IndexEntry{child}));
}

BuildImage nested(std::size_t depth, std::size_t times) {
  return [=](LayoutBuilder& layout) {
    Descriptor top = layout.image({small_tar()});
    for (std::size_t n = 0; n < depth; ++n) top = index_of(layout, top, times);
    return top;
  };
}

/// Two indexes on each level, both of which name both below: two to the power of `depth` ways.
BuildImage diamonds(std::size_t depth) {
  return [=](LayoutBuilder& layout) {
    Descriptor left = layout.image({small_tar()}, {.platform = {.architecture = "arm64"}});
    Descriptor right = layout.image({small_tar()});
    for (std::size_t n = 0; n < depth; ++n) {
      const Descriptor next = layout.index({{left}, {right}});
      right = layout.index({{right}, {left}});
      left = next;
    }
    return left;
  };
}

/// An index whose only child is said to be `digest`, and served where that is: of itself, as far as anybody
/// can make it.
Descriptor index_of_itself(LayoutBuilder& layout) {
  const Descriptor child{kIndexType, Digest::of("itself"), 300};
  const Descriptor top = index_of(layout, child, 1);
  layout.files()[LayoutBuilder::blob_name(child.digest)] =
      layout.files()[LayoutBuilder::blob_name(top.digest)];
  return top;
}

Descriptor layers(LayoutBuilder& layout, std::size_t count) {
  const DescriptorText layer = text_of(layout.blob(small_tar(), kTarType));
  const DescriptorText config =
      text_of(layout.blob(config_json(std::vector<Digest>(count, Digest::of(small_tar()))), kConfigType));
  return layout.blob(manifest_of(config, std::vector<DescriptorText>(count, layer)), kManifestType);
}

/// Manifests for other platforms, each of its own.
Descriptor of_others(LayoutBuilder& layout, std::size_t count) {
  std::vector<IndexEntry> entries;
  for (std::size_t n = 0; n < count; ++n) {
    entries.push_back({{kManifestType, Digest::of(std::to_string(n)), 1000},
                       ImagePlatform{.architecture = "arch" + std::to_string(n)}});
  }
  return layout.index(entries);
}

}  // namespace

std::vector<HostileCase> image_graph_cases() {
  const Wanted too_deep{Errc::too_large, "index"};
  const Wanted too_many{Errc::too_large, "JSON member"};
  const Wanted no_platform{Errc::not_found, "platform"};
  return {
      image_row("index_1000_deep", nested(1000, 1), too_deep),
      image_row("index_9_deep", nested(9, 1), too_deep),
      image_row("index_8_deep", nested(8, 1), kTaken),
      image_row("index_of_4000_ways_to_the_seventh", nested(7, 4000), kTaken),
      image_row("index_of_diamonds_8_deep", diamonds(8), kTaken),
      image_row("index_of_diamonds_1000_deep", diamonds(1000), too_deep),
      image_row("index_of_itself", index_of_itself, {Errc::digest_mismatch, "manifest"}),
      image_row("index_of_5000", nested(1, 5000), too_many),
      image_row("index_of_100000", nested(1, 100'000), {Errc::too_large, "manifest"}),
      image_row(
          "index_of_4096_others", [](LayoutBuilder& layout) { return of_others(layout, 4096); }, no_platform),
      image_row(
          "index_of_nothing", [](LayoutBuilder& layout) { return layout.index({}); }, no_platform),
      image_row(
          "manifest_of_500_layers_that_are_one", [](LayoutBuilder& layout) { return layers(layout, 500); },
          kTaken),
      image_row(
          "manifest_of_5000_layers", [](LayoutBuilder& layout) { return layers(layout, 5000); }, too_many),
  };
}

}  // namespace bayplan::test
