#include "layout_source.h"

#include "bayplan/base/file.h"
#include "bayplan/base/json.h"
#include "file_range.h"
#include "import_names.h"
#include "media_type.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kVersion = "1.0.0";

std::string blob_path(const Digest& digest) {
  return "blobs/" + std::string(to_string(digest.algorithm())) + "/" + digest.hex();
}

Result<std::string> read_required(int directory, const std::string& name, std::size_t limit) {
  auto text = file::read_file(directory, name, limit);
  if (text || text.error().code() != Errc::not_found) return text;
  return Error(Errc::invalid_argument, "layout", {}, "no " + name + " in the directory")
      .with_advice("name an OCI layout directory, or an archive of one or of docker save");
}

}  // namespace

Result<void> check_layout_version(std::string_view oci_layout_json) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(oci_layout_json, "oci-layout"));
  BAYPLAN_ASSIGN(const std::string_view version, document.root().string("imageLayoutVersion"));
  if (version == kVersion) return {};
  return Error(Errc::unsupported, "layout", {}, "version " + quoted(version) + ", not " + quoted(kVersion));
}

Result<std::vector<SourceImage>> read_index_json(std::string_view json, std::string_view base) {
  BAYPLAN_ASSIGN(Index index, parse_index(json, kOciIndex, "index.json"));
  std::vector<SourceImage> images;
  images.reserve(index.manifests.size());
  for (ChildDescriptor& child : index.manifests) {
    auto names = annotated_names(child.descriptor, base);
    images.push_back({std::move(child.descriptor), std::move(names)});
  }
  return images;
}

Result<std::unique_ptr<LayoutSource>> LayoutSource::open(const std::filesystem::path& directory) {
  BAYPLAN_ASSIGN(UniqueFd fd, file::open_dir(directory));
  BAYPLAN_ASSIGN(const std::string version, read_required(fd.get(), "oci-layout", kMaxLayoutFileBytes));
  BAYPLAN_TRY(check_layout_version(version));
  BAYPLAN_ASSIGN(std::string index, read_required(fd.get(), "index.json", kMaxDocumentBytes));
  return std::unique_ptr<LayoutSource>(new LayoutSource(std::move(fd), std::move(index)));
}

Result<std::optional<std::uint64_t>> LayoutSource::size(const Digest& digest) const {
  const std::string path = blob_path(digest);
  const auto blob = file::open_regular(directory_.get(), path);
  if (!blob && blob.error().code() == Errc::not_found) return std::optional<std::uint64_t>();
  if (!blob) return blob.error();
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(blob->get(), path));
  return std::optional(static_cast<std::uint64_t>(info.st_size));
}

Result<std::string> LayoutSource::document(const Descriptor& descriptor) const {
  BAYPLAN_TRY(check_document_size(descriptor));
  BAYPLAN_ASSIGN(std::string bytes,
                 file::read_file(directory_.get(), blob_path(descriptor.digest), kMaxDocumentBytes));
  BAYPLAN_TRY(check_document(descriptor, bytes));
  return bytes;
}

Result<std::unique_ptr<ByteSource>> LayoutSource::open(const Descriptor& descriptor) const {
  const std::string path = blob_path(descriptor.digest);
  BAYPLAN_ASSIGN(UniqueFd blob, file::open_regular(directory_.get(), path));
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(blob.get(), path));
  return std::unique_ptr<ByteSource>(std::make_unique<FileRange>(
      std::make_shared<const UniqueFd>(std::move(blob)), path, 0, static_cast<std::uint64_t>(info.st_size)));
}

}  // namespace bayplan::images
