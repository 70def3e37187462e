#include "dir_source.h"

#include "bayplan/base/file.h"
#include "bayplan/base/json.h"
#include "media_type.h"

namespace bayplan::images {
namespace {

constexpr const char* kManifestFile = "manifest.json";

bool is_document(std::string_view media_type) noexcept {
  const MediaKind kind = media_kind(media_type);
  return kind == MediaKind::index || kind == MediaKind::manifest;
}

// OCI's documents need not say what they are.
Result<std::string> type_of(std::string_view bytes) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(bytes, kManifestFile));
  const json::Value root = document.root();
  const auto version = root.integer("schemaVersion");
  if (version && *version == 1) return schema1_error();
  BAYPLAN_ASSIGN(const auto written, root.optional_string("mediaType"));
  if (!written) return std::string(root.find("manifests") ? kOciIndex : kOciManifest);
  if (is_schema1(*written)) return schema1_error();
  if (is_document(*written)) return std::string(*written);
  return Error(Errc::invalid_argument, "manifest", kManifestFile,
               "is neither a manifest nor an index: " + quoted(*written));
}

}  // namespace

Result<std::unique_ptr<DirSource>> DirSource::open(const std::filesystem::path& directory) {
  BAYPLAN_ASSIGN(UniqueFd fd, file::open_dir(directory));
  auto bytes = file::read_file(fd.get(), kManifestFile, kMaxDocumentBytes);
  if (!bytes && bytes.error().code() == Errc::not_found) {
    return Error(Errc::invalid_argument, "directory", directory.native(), "holds no manifest.json");
  }
  if (!bytes) return std::move(bytes).error();
  BAYPLAN_ASSIGN(std::string type, type_of(*bytes));
  Descriptor target{std::move(type), Digest::of(*bytes), bytes->size()};
  return std::unique_ptr<DirSource>(new DirSource(std::move(fd), std::move(target)));
}

std::string DirSource::path_of(const Descriptor& descriptor) const {
  if (descriptor.digest == target_.digest) return kManifestFile;
  const std::string& digits = descriptor.digest.hex();
  return is_document(descriptor.media_type) ? digits + "." + kManifestFile : digits;
}

}  // namespace bayplan::images
