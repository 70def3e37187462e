// Builds container images for tests, hostile ones included: layouts as files or as a tar, and the parts of
// docker archives.
//
//   LayoutBuilder layout;
//   layout.tag(layout.image({tar}), {{"org.opencontainers.image.ref.name", "v1"}});
//   layout.write_to(directory);
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/descriptor.h"

namespace bayplan::test {

enum class Packing : std::uint8_t { none, gzip, zstd };

/// `bytes` as one gzip member or zstd frame of stored blocks.
std::string pack(std::string_view bytes, Packing packing);

/// What an image says it runs on: os, architecture, variant (may be empty).
struct ImagePlatform {
  std::string os = "linux";
  std::string architecture = "amd64";
  std::string variant{};
};

struct ImageShape {
  Packing packing = Packing::gzip;
  bool docker = false;  ///< docker's media types instead of OCI's
  ImagePlatform platform{};
  std::optional<std::vector<Digest>> diff_ids{};  ///< instead of the true ones
};

using Annotations = std::map<std::string, std::string>;

/// An image config with these diffIDs.
std::string config_json(const std::vector<Digest>& diff_ids, const ImagePlatform& platform = {});
/// A manifest. `media_type` empty: not written.
std::string manifest_json(const Descriptor& config, const std::vector<Descriptor>& layers,
                          std::string_view media_type);

struct IndexEntry {
  Descriptor descriptor;
  std::optional<ImagePlatform> platform{};
};
/// An image index of OCI's type.
std::string index_json(const std::vector<IndexEntry>& entries);

/// One element of a docker archive's manifest.json.
struct DockerImage {
  std::string config;
  std::vector<std::string> names{};
  std::vector<std::string> layers{};
};
std::string docker_manifest_json(const std::vector<DockerImage>& images);

class LayoutBuilder {
 public:
  LayoutBuilder();

  /// Adds a blob.
  Descriptor blob(std::string_view bytes, std::string_view media_type,
                  DigestAlgorithm algorithm = DigestAlgorithm::sha256);
  /// Adds the blobs of an image with these layers (tars), and answers its manifest.
  Descriptor image(const std::vector<std::string>& tars, const ImageShape& shape = {});
  /// Adds an index of `entries`.
  Descriptor index(const std::vector<IndexEntry>& entries);
  /// Adds an entry to index.json.
  LayoutBuilder& tag(Descriptor descriptor, Annotations annotations = {},
                     std::optional<ImagePlatform> platform = {});

  /// Everything by its name, to be changed at will; "index.json" holds what was tagged so far.
  std::map<std::string, std::string>& files() { return files_; }
  static std::string blob_name(const Digest& digest);

  void write_to(const std::filesystem::path& directory) const;
  std::string tar() const;

 private:
  std::map<std::string, std::string> files_;
  std::vector<IndexEntry> tagged_;
};

/// Writes a whole file, making its directory.
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace bayplan::test
