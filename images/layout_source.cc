#include "layout_source.h"

#include "bayplan/base/file.h"
#include "bayplan/base/json.h"
#include "import_names.h"
#include "media_type.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kVersion = "1.0.0";

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

std::string LayoutSource::path_of(const Descriptor& descriptor) const {
  const Digest& digest = descriptor.digest;
  return "blobs/" + std::string(to_string(digest.algorithm())) + "/" + digest.hex();
}

}  // namespace bayplan::images
