// Images that a registry serves as it should, and that nobody should take as they are: rows for whoever
// pulls. The client alone has no opinion of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hostile/hostile_case.h"
#include "support/image_builder.h"

namespace bayplan::test {

inline constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";
inline constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";
inline constexpr const char* kTarType = "application/vnd.oci.image.layer.v1.tar";
inline constexpr const char* kGzipType = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Fills a layout, and answers what the tag means.
using BuildImage = std::function<Descriptor(LayoutBuilder&)>;

/// The registry has what `build` makes.
HostileCase image_row(std::string name, BuildImage build, Wanted wanted);

/// A layer's tar of one small file.
std::string small_tar();
/// The only layer of the image that the store has before every pull.
std::string victim_tar();

/// A descriptor whose members are any text.
struct DescriptorText {
  std::string type;
  std::string digest;  ///< without quotes
  std::string size;    ///< a JSON value
  std::string more{};  ///< further members, with a comma before each
};
DescriptorText text_of(const Descriptor& descriptor);
std::string json_of(const DescriptorText& descriptor);
/// A manifest as text.
std::string manifest_of(const DescriptorText& config, const std::vector<DescriptorText>& layers);

/// An image whose layers are these blobs, and whose config has these diffIDs.
BuildImage image_of(std::vector<std::string> layers, const std::string& type, std::vector<Digest> diff_ids);

/// Rows by what is wrong.
std::vector<HostileCase> image_graph_cases();
std::vector<HostileCase> image_descriptor_cases();
std::vector<HostileCase> image_layer_cases();
std::vector<HostileCase> image_config_cases();
std::vector<HostileCase> image_transfer_cases();

/// All of these. Names are unique, beside those of hostile_cases() too.
std::vector<HostileCase> image_cases();

}  // namespace bayplan::test
