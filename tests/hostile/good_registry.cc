#include "hostile/good_registry.h"

#include <random>

#include "bayplan/base/json.h"
#include "hostile/hostile_case.h"
#include "support/tar_builder.h"

namespace bayplan::test {
namespace {

constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr std::size_t kFileBytes = 3'000'000;

std::string noise(std::size_t size) {
  std::minstd_rand chance(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(chance() >> 8);
  return bytes;
}

std::string after(const std::string& path, std::string_view word) {
  const std::size_t at = path.find(word);
  return at == std::string::npos ? std::string() : path.substr(at + word.size());
}

std::string media_type_of(const std::string& document) {
  const auto parsed = json::Document::parse(document, "document");
  if (!parsed) return kManifestType;
  const auto type = parsed->root().optional_string("mediaType");
  if (type && *type) return std::string(**type);
  return parsed->root().find("manifests") ? "application/vnd.oci.image.index.v1+json" : kManifestType;
}

}  // namespace

HttpReply GoodRegistry::answer(const HttpServerRequest& request) const {
  const std::string path = request.path();
  if (path == "/v2/") return {};
  if (path == "/token") return {.body = std::string(R"({"token":")") + kBearer + R"(","expires_in":300})"};
  if (path.ends_with("/tags/list")) return {.body = R"({"name":"a/b","tags":["v1"]})"};
  if (path.find("/blobs/uploads/") != std::string::npos) {
    if (request.method == "DELETE") return {.status = 204};
    if (request.method == "PUT") return {.status = 201, .fields = {{"Location", "/v2/a/b/blobs/x"}}};
    return {.status = 202, .fields = {{"Location", "/v2/a/b/blobs/uploads/1"}}};
  }
  if (const std::string name = after(path, "/manifests/"); !name.empty()) {
    if (request.method == "PUT") return {.status = 201};
    return manifest(name);
  }
  if (const std::string digest = after(path, "/blobs/"); !digest.empty()) return blob(request, digest);
  return {.status = 404};
}

HttpReply GoodRegistry::manifest(const std::string& name) const {
  const auto digest = name == kTag ? Result<Digest>(tagged_.digest) : Digest::parse(name);
  if (!digest || !blobs_.contains(LayoutBuilder::blob_name(*digest))) return {.status = 404};
  const std::string& document = bytes(*digest);
  return {
      .fields = {{"Content-Type", media_type_of(document)}, {"Docker-Content-Digest", digest->to_string()}},
      .body = document};
}

HttpReply GoodRegistry::blob(const HttpServerRequest& request, const std::string& digest) const {
  const auto named = Digest::parse(digest);
  if (!named || !blobs_.contains(LayoutBuilder::blob_name(*named))) return {.status = 404};
  const std::string& whole = bytes(*named);
  const std::string range = request.field("Range");
  if (range.empty()) return {.body = whole};
  const std::size_t first = std::stoul(range.substr(6));
  return {
      .status = 206,
      .fields = {{"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(whole.size() - 1) +
                                       "/" + std::to_string(whole.size())}},
      .body = whole.substr(first)};
}

const GoodImage& good_image() {
  static const GoodImage kImage = [] {
    LayoutBuilder layout;
    const std::string tar = TarBuilder().dir("d").file("d/f", noise(kFileBytes)).end();
    const Descriptor layer = layout.blob(pack(tar, Packing::gzip), kLayerType);
    const Descriptor config = layout.blob(config_json({Digest::of(tar)}), kConfigType);
    const Descriptor manifest = layout.blob(manifest_json(config, {layer}, kManifestType), kManifestType);
    return GoodImage{GoodRegistry(std::move(layout), manifest), layer};
  }();
  return kImage;
}

}  // namespace bayplan::test
