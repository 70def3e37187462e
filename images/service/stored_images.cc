#include "bayplan/images/stored_images.h"

#include <algorithm>

#include "service/image_state.h"
#include "service/stored_images_state.h"

namespace bayplan::images {
namespace {

using metadata::BucketSource;

// As the history has them; what it does not know stands behind.
std::vector<std::string> ordered_names(const CatalogImage& image, const std::vector<std::string>& history) {
  const std::vector<std::string> names = image.names();
  std::vector<std::string> ordered;
  for (const std::string& name : history) {
    if (std::find(names.begin(), names.end(), name) != names.end()) ordered.push_back(name);
  }
  put_behind(ordered, names);
  return ordered;
}

}  // namespace

std::vector<Descriptor> targets_of(const CatalogImage& image) {
  std::vector<Descriptor> targets;
  for (const Image& record : image.records) {
    const bool seen = std::any_of(targets.begin(), targets.end(), [&](const Descriptor& target) {
      return target.digest == record.target.digest;
    });
    if (!seen) targets.push_back(record.target);
  }
  return targets;
}

StoredImages::StoredImages(Store& store, std::string_view ns) : state_(std::make_shared<State>(store, ns)) {}

Result<StoredImage> StoredImages::describe(const BucketSource& source, const ImageId& id,
                                           const CatalogImage& image) const {
  BAYPLAN_ASSIGN(ImageState kept, read_state(source, state_->ns, id));
  StoredImage stored{.id = StoredImageId(id),
                     .names = ordered_names(image, kept.history),
                     .history = std::move(kept.history),
                     .targets = targets_of(image),
                     .manifest = image.manifest,
                     .metadata = std::move(kept.metadata),
                     .flags = std::move(kept.flags)};
  put_behind(stored.history, stored.names);
  return stored;
}

Result<std::vector<StoredImage>> StoredImages::list(const BucketSource& source,
                                                    const metadata::ListProblem& problem) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  std::vector<StoredImage> images;
  for (const auto& [id, image] : catalog.images()) {
    BAYPLAN_ASSIGN(StoredImage stored, describe(source, id, image));
    images.push_back(std::move(stored));
  }
  for (const auto& [name, error] : catalog.problems()) {
    if (problem && error.code() != Errc::unsupported) problem(name, error);
  }
  return images;
}

Result<StoredImage> StoredImages::get(const BucketSource& source, const StoredImageId& id) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  BAYPLAN_ASSIGN(const CatalogImage* const image, catalog.require(id.id()));
  return describe(source, id.id(), *image);
}

Result<std::vector<StoredImageId>> StoredImages::with_manifest(const BucketSource& source,
                                                               const Digest& digest) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  std::vector<StoredImageId> found;
  for (const auto& [id, image] : catalog.images()) {
    if (image.manifests.contains(digest)) found.push_back(StoredImageId(id));
  }
  return found;
}

Result<void> StoredImages::check_policy(const BucketSource& source, const StoredImageId& id,
                                        const SignaturePolicy& policy) const {
  BAYPLAN_ASSIGN(const StoredImage image, get(source, id));
  if (image.history.empty()) {
    return policy.check(ImageLocation(StorageLocation{"@" + id.to_string()}))
        .with_context("image", id.to_string());
  }
  for (const std::string& name : image.history) {
    const auto reference = RegistryReference::parse(name);
    const ImageLocation location =
        reference ? ImageLocation(RegistryLocation{*reference}) : ImageLocation(StorageLocation{name});
    BAYPLAN_TRY(policy.check(location).with_context("image", id.to_string()));
  }
  return {};
}

namespace {

template <class Change>
Result<void> change_state(metadata::WriteTx& tx, std::string_view ns, const ImageId& id, Change change) {
  BAYPLAN_ASSIGN(ImageState state, read_state(tx, ns, id));
  change(state);
  auto written = write_state(tx, ns, id, state);
  if (!written && written.error().code() == Errc::not_found) return image_not_known(id.to_string());
  return written;
}

}  // namespace

Result<void> StoredImages::set_metadata(metadata::WriteTx& tx, const StoredImageId& id,
                                        std::string_view metadata) const {
  BAYPLAN_TRY(check_state(id.to_string(), metadata, {}));
  return change_state(tx, state_->ns, id.id(), [&](ImageState& state) { state.metadata = metadata; });
}

Result<void> StoredImages::set_flags(metadata::WriteTx& tx, const StoredImageId& id,
                                     const Labels& flags) const {
  BAYPLAN_TRY(check_state(id.to_string(), {}, flags));
  return change_state(tx, state_->ns, id.id(), [&](ImageState& state) { state.flags = flags; });
}

}  // namespace bayplan::images
