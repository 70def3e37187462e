#include "support/image_builder.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "bayplan/base/json.h"
#include "support/tar_builder.h"

namespace bayplan::test {
namespace {

void append_little_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

std::string pack_gzip(std::string_view bytes) {
  constexpr std::size_t kMaxBlock = 65535;
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  std::string_view rest = bytes;
  do {
    const std::string_view block = rest.substr(0, kMaxBlock);
    rest.remove_prefix(block.size());
    out += rest.empty() ? '\1' : '\0';
    append_little_endian(out, block.size(), 2);
    append_little_endian(out, ~block.size(), 2);
    out += block;
  } while (!rest.empty());
  append_little_endian(out, crc32(bytes), 4);
  append_little_endian(out, bytes.size(), 4);
  return out;
}

std::string pack_zstd(std::string_view bytes) {
  constexpr std::size_t kMaxBlock = 128u << 10;
  std::string out("\x28\xb5\x2f\xfd\0\x38", 6);  // no content size, a window of 128 KiB
  std::string_view rest = bytes;
  do {
    const std::string_view block = rest.substr(0, kMaxBlock);
    rest.remove_prefix(block.size());
    append_little_endian(out, (block.size() << 3) | (rest.empty() ? 1u : 0u), 3);
    out += block;
  } while (!rest.empty());
  return out;
}

std::string_view oci_layer(Packing packing) {
  constexpr std::array<std::string_view, 3> kTypes = {"application/vnd.oci.image.layer.v1.tar",
                                                      "application/vnd.oci.image.layer.v1.tar+gzip",
                                                      "application/vnd.oci.image.layer.v1.tar+zstd"};
  return kTypes[static_cast<std::size_t>(packing)];
}

std::string_view docker_layer(Packing packing) {
  constexpr std::array<std::string_view, 3> kTypes = {"application/vnd.docker.image.rootfs.diff.tar",
                                                      "application/vnd.docker.image.rootfs.diff.tar.gzip",
                                                      "application/vnd.docker.image.rootfs.diff.tar.zstd"};
  return kTypes[static_cast<std::size_t>(packing)];
}

void write_platform(json::Writer& json, const ImagePlatform& platform) {
  json.member("architecture", platform.architecture).member("os", platform.os);
  if (!platform.variant.empty()) json.member("variant", platform.variant);
}

void write_descriptor(json::Writer& json, const Descriptor& descriptor,
                      const std::optional<ImagePlatform>& platform = {}) {
  json.begin_object().member("mediaType", descriptor.media_type);
  json.member("digest", descriptor.digest.to_string()).key("size").unsigned_integer(descriptor.size);
  if (!descriptor.annotations.empty()) {
    json.key("annotations").begin_object();
    for (const auto& [key, value] : descriptor.annotations) json.member(key, value);
    json.end_object();
  }
  if (platform) {
    json.key("platform").begin_object();
    write_platform(json, *platform);
    json.end_object();
  }
  json.end_object();
}

void write_strings(json::Writer& json, const std::vector<std::string>& texts) {
  json.begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

}  // namespace

std::string pack(std::string_view bytes, Packing packing) {
  if (packing == Packing::gzip) return pack_gzip(bytes);
  if (packing == Packing::zstd) return pack_zstd(bytes);
  return std::string(bytes);
}

std::string config_json(const std::vector<Digest>& diff_ids, const ImagePlatform& platform) {
  json::Writer json;
  json.begin_object();
  write_platform(json, platform);
  json.key("rootfs").begin_object().member("type", "layers").key("diff_ids").begin_array();
  for (const Digest& diff_id : diff_ids) json.string(diff_id.to_string());
  json.end_array().end_object().end_object();
  return std::move(json).take();
}

std::string manifest_json(const Descriptor& config, const std::vector<Descriptor>& layers,
                          std::string_view media_type) {
  json::Writer json;
  json.begin_object().key("schemaVersion").integer(2);
  if (!media_type.empty()) json.member("mediaType", media_type);
  json.key("config");
  write_descriptor(json, config);
  json.key("layers").begin_array();
  for (const Descriptor& layer : layers) write_descriptor(json, layer);
  json.end_array().end_object();
  return std::move(json).take();
}

std::string index_json(const std::vector<IndexEntry>& entries) {
  json::Writer json;
  json.begin_object().key("schemaVersion").integer(2).key("manifests").begin_array();
  for (const IndexEntry& entry : entries) write_descriptor(json, entry.descriptor, entry.platform);
  json.end_array().end_object();
  return std::move(json).take();
}

std::string docker_manifest_json(const std::vector<DockerImage>& images) {
  json::Writer json;
  json.begin_array();
  for (const DockerImage& image : images) {
    json.begin_object().member("Config", image.config).key("RepoTags");
    if (image.names.empty()) {
      json.null();
    } else {
      write_strings(json, image.names);
    }
    json.key("Layers");
    write_strings(json, image.layers);
    json.end_object();
  }
  json.end_array();
  return std::move(json).take();
}

LayoutBuilder::LayoutBuilder() {
  files_["oci-layout"] = R"({"imageLayoutVersion":"1.0.0"})";
  files_["index.json"] = index_json({});
}

std::string LayoutBuilder::blob_name(const Digest& digest) {
  return "blobs/" + std::string(to_string(digest.algorithm())) + "/" + digest.hex();
}

Descriptor LayoutBuilder::blob(std::string_view bytes, std::string_view media_type,
                               DigestAlgorithm algorithm) {
  const Digest digest = Digest::of(bytes, algorithm);
  files_[blob_name(digest)] = bytes;
  return {std::string(media_type), digest, bytes.size()};
}

Descriptor LayoutBuilder::image(const std::vector<std::string>& tars, const ImageShape& shape) {
  std::vector<Descriptor> layers;
  std::vector<Digest> diff_ids;
  for (const std::string& tar : tars) {
    const auto type = shape.docker ? docker_layer(shape.packing) : oci_layer(shape.packing);
    layers.push_back(blob(pack(tar, shape.packing), type));
    diff_ids.push_back(Digest::of(tar));
  }
  const std::string_view config_type = shape.docker ? "application/vnd.docker.container.image.v1+json"
                                                    : "application/vnd.oci.image.config.v1+json";
  const std::string_view manifest_type = shape.docker ? "application/vnd.docker.distribution.manifest.v2+json"
                                                      : "application/vnd.oci.image.manifest.v1+json";
  const Descriptor config = blob(config_json(shape.diff_ids.value_or(diff_ids), shape.platform), config_type);
  return blob(manifest_json(config, layers, manifest_type), manifest_type);
}

Descriptor LayoutBuilder::index(const std::vector<IndexEntry>& entries) {
  return blob(index_json(entries), "application/vnd.oci.image.index.v1+json");
}

LayoutBuilder& LayoutBuilder::tag(Descriptor descriptor, Annotations annotations,
                                  std::optional<ImagePlatform> platform) {
  descriptor.annotations = std::move(annotations);
  tagged_.push_back({std::move(descriptor), std::move(platform)});
  files_["index.json"] = index_json(tagged_);
  return *this;
}

void LayoutBuilder::write_to(const std::filesystem::path& directory) const {
  for (const auto& [name, bytes] : files_) write_file(directory / name, bytes);
}

std::string LayoutBuilder::tar() const {
  TarBuilder tar;
  for (const auto& [name, bytes] : files_) tar.file(name, bytes);
  return tar.end();
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) std::abort();
}

}  // namespace bayplan::test
