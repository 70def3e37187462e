#include "pull_files.h"

#include <algorithm>

#include "dir_source.h"
#include "image_intake.h"
#include "open_source.h"
#include "pull_report.h"

namespace bayplan::images {
namespace {

constexpr const char* kRefName = "org.opencontainers.image.ref.name";

Error none_called(std::string_view name) {
  return {Errc::not_found, "image", name, "the source holds none of that name"};
}

Result<SourceImage> only_one(std::vector<SourceImage> images) {
  if (images.empty()) return Error(Errc::not_found, "image", {}, "there is none in the source");
  if (images.size() == 1) return std::move(images.front());
  return Error(Errc::invalid_argument, "image", {}, "the source holds several images")
      .with_advice("say which one behind the path");
}

Result<SourceImage> by_ref_name(std::vector<SourceImage> images, const std::string& name) {
  if (name.empty()) return only_one(std::move(images));
  std::erase_if(images, [&](const SourceImage& image) {
    const auto found = image.target.annotations.find(kRefName);
    return found == image.target.annotations.end() || found->second != name;
  });
  if (images.empty()) return none_called(name);
  return only_one(std::move(images));
}

bool is_called(const SourceImage& image, const RegistryReference& wanted) {
  return std::any_of(image.names.begin(), image.names.end(), [&](const std::string& name) {
    const auto reference = RegistryReference::parse(name);
    return reference && *reference == wanted;
  });
}

Result<SourceImage> of_archive(std::vector<SourceImage> images, const DockerArchiveLocation& at) {
  if (at.index && *at.index < images.size()) return std::move(images[*at.index]);
  if (at.index) return none_called("@" + std::to_string(*at.index));
  if (!at.reference) return only_one(std::move(images));
  const auto found = std::find_if(images.begin(), images.end(),
                                  [&](const SourceImage& image) { return is_called(image, *at.reference); });
  if (found == images.end()) return none_called(at.reference->to_string());
  found->names = {at.reference->to_string()};
  return std::move(*found);
}

struct Picked {
  std::unique_ptr<ImageSource> source;
  SourceImage image;
  std::string base;
};

/// Opens what a location names, and picks the image.
class Pick {
 public:
  Pick(content::Store& blobs, const Control& control) : blobs_(blobs), control_(control) {}

  Result<Picked> operator()(const OciLayoutLocation& at) const { return layout(at.path, at.name); }
  Result<Picked> operator()(const OciArchiveLocation& at) const { return layout(at.path, at.name); }
  Result<Picked> operator()(const DockerArchiveLocation& at) const {
    return from(at.path, [&](auto images) { return of_archive(std::move(images), at); });
  }
  Result<Picked> operator()(const DirLocation& at) const {
    BAYPLAN_ASSIGN(auto source, DirSource::open(at.path));
    SourceImage image{.target = source->target()};
    return Picked{std::move(source), std::move(image), base_name(at.path)};
  }
  template <class Elsewhere>
  Result<Picked> operator()(const Elsewhere&) const {
    return Error(Errc::unsupported, "image location", {}, "is no file");
  }

 private:
  Result<Picked> layout(const std::string& path, const std::string& name) const {
    return from(path, [&](auto images) { return by_ref_name(std::move(images), name); });
  }
  template <class Choose>
  Result<Picked> from(const std::string& path, const Choose& choose) const {
    const std::string base = base_name(path);
    BAYPLAN_ASSIGN(OpenedSource opened, open_source(blobs_, path, base, control_));
    BAYPLAN_ASSIGN(SourceImage image, choose(std::move(opened.images)));
    return Picked{std::move(opened.source), std::move(image), base};
  }

  content::Store& blobs_;
  const Control& control_;
};

}  // namespace

Result<PullReport> pull_files(Store& store, std::string_view ns, const ImageLocation& location,
                              const RemoteContext& context, const PullOptions& options,
                              const Control& control) {
  BAYPLAN_ASSIGN(const Picked picked, std::visit(Pick(store.blobs(), control), location));
  std::vector<std::string> warnings;
  BAYPLAN_ASSIGN(auto names, name_images({picked.image}, {}, picked.base, warnings));
  // Only a name that the caller gave may take the place of another image.
  const ImportOptions import_options{.unpack = options.unpack,
                                     .replace = registry_name(location).has_value(),
                                     .platform = context.platform,
                                     .limits = options.limits};
  ImageIntake images(store, ns, import_options, control);
  BAYPLAN_TRY(images.read(*picked.source, std::move(names)));
  BlobIntake blobs(*picked.source, store.blobs(), control);
  BAYPLAN_ASSIGN(ImportReport recorded, images.record(blobs));
  return report_of(std::move(recorded), picked.image.target);
}

}  // namespace bayplan::images
