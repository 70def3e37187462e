#include "open_source.h"

#include "archive_source.h"
#include "docker_archive.h"
#include "layout_source.h"

namespace bayplan::images {
namespace {

Result<OpenedSource> open_directory(const std::filesystem::path& path, std::string_view base) {
  BAYPLAN_ASSIGN(auto source, LayoutSource::open(path));
  BAYPLAN_ASSIGN(auto images, read_index_json(source->index_json(), base));
  return OpenedSource{std::move(source), std::move(images)};
}

// The metadata file of that name; the reader keeps those in memory.
const std::string* find_text(ArchiveSource& source, std::string_view name) {
  ArchiveSource::File* const file = source.find(name);
  return file != nullptr && file->text ? &*file->text : nullptr;
}

// Who looked only at manifest.json must have seen parts of the very images that index.json names.
Result<void> check_docker_half(ArchiveSource& source, const std::vector<SourceImage>& images,
                               const std::string& manifest, const CancelToken& cancel) {
  Graph graph;
  for (const SourceImage& image : images) BAYPLAN_TRY(walk_graph(graph, source, image.target, cancel));
  return check_same_images(source, graph, manifest);
}

Result<std::vector<SourceImage>> read_archive(ArchiveSource& source, std::string_view base,
                                              const CancelToken& cancel) {
  const std::string* const version = find_text(source, "oci-layout");
  const std::string* const index = find_text(source, "index.json");
  const std::string* const manifest = find_text(source, "manifest.json");
  if (version == nullptr && manifest != nullptr) return read_docker_archive(source, *manifest);
  if (version == nullptr || index == nullptr) {
    return Error(Errc::invalid_argument, "archive", {},
                 "holds neither an OCI layout nor a docker archive's manifest.json")
        .with_advice(
            "archives of docker before 1.10 and plain root file systems are not images that can be imported");
  }
  BAYPLAN_TRY(check_layout_version(*version));
  source.serve_layout();
  BAYPLAN_ASSIGN(auto images, read_index_json(*index, base));
  if (manifest != nullptr) BAYPLAN_TRY(check_docker_half(source, images, *manifest, cancel));
  return images;
}

}  // namespace

Result<OpenedSource> open_source(content::Store& blobs, const std::filesystem::path& path,
                                 std::string_view base, const Control& control) {
  std::error_code failed;
  if (path != "-" && std::filesystem::is_directory(path, failed)) return open_directory(path, base);
  BAYPLAN_ASSIGN(auto source, ArchiveSource::open(blobs, path, control));
  BAYPLAN_ASSIGN(auto images, read_archive(*source, base, control.cancel));
  return OpenedSource{std::move(source), std::move(images)};
}

}  // namespace bayplan::images
