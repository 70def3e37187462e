#include "service/catalog.h"

#include "bayplan/images/stored_images.h"

namespace bayplan::images {
namespace {

Result<metadata::BoundFilter> all_images() {
  BAYPLAN_ASSIGN(const metadata::Filter filter, metadata::Filter::parse(std::vector<std::string>()));
  return filter.bind(image_fields());
}

// That a document is absent must not read as if the image were.
Error problem_of(const std::string& name, const Error& error) {
  if (error.code() != Errc::not_found) return Error(error).with_context("image", name);
  return {Errc::failed_precondition, "image", name, "is not complete: " + error.to_string()};
}

}  // namespace

bool is_of_store(const Error& error) noexcept {
  return error.code() == Errc::closed || error.code() == Errc::io;
}

Error image_not_known(std::string_view text) { return {Errc::not_found, "image", text, "image not known"}; }

bool keeps_nameless(std::string_view record) noexcept {
  constexpr std::string_view kAlgorithm = "sha256:";
  return record.starts_with(kAlgorithm) && ImageId::parse(record.substr(kAlgorithm.size())).has_value();
}

std::vector<std::string> CatalogImage::names() const {
  std::vector<std::string> names;
  for (const Image& record : records) {
    if (!keeps_nameless(record.name)) names.push_back(record.name);
  }
  return names;
}

Result<Catalog> Catalog::read(Store& store, const metadata::BucketSource& source, std::string_view ns,
                              ImageIds& ids) {
  Catalog catalog;
  BAYPLAN_ASSIGN(const auto all, all_images());
  BAYPLAN_TRY(images::list(
      source, ns, all, {},
      [&](const ImageView& image) { return catalog.add(store, source, ns, ids, image.own()); },
      [&](std::string_view name, const Error& error) {
        catalog.problems_.emplace(std::string(name), error);
      }));
  return catalog;
}

Result<void> Catalog::add(Store& store, const metadata::BucketSource& source, std::string_view ns,
                          ImageIds& ids, Image image) {
  const auto target = ids.of(store, source, ns, image.target);
  if (!target && is_of_store(target.error())) return target.error();
  if (!target) {
    problems_.emplace(image.name, problem_of(image.name, target.error()));
    return {};
  }
  const auto [at, fresh] = images_.try_emplace(target->id, CatalogImage{.manifest = target->manifest});
  at->second.manifests.insert(target->manifest);
  at->second.manifests.insert(image.target.digest);
  owners_.emplace(image.name, target->id);
  at->second.records.push_back(std::move(image));
  return {};
}

Result<const CatalogImage*> Catalog::require(const ImageId& id) const {
  const auto found = images_.find(id);
  if (found == images_.end()) return image_not_known(id.to_string());
  return &found->second;
}

const ImageId* Catalog::owner(std::string_view record) const {
  const auto found = owners_.find(record);
  return found == owners_.end() ? nullptr : &found->second;
}

std::optional<ImageId> Catalog::by_prefix(std::string_view digits) const {
  std::optional<ImageId> found;
  for (const auto& [id, image] : images_) {
    if (!id.matches(digits)) continue;
    if (found) return {};
    found = id;
  }
  return found;
}

}  // namespace bayplan::images
