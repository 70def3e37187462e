#include "bayplan/images/stored_images.h"
#include "image_parts.h"
#include "service/image_state.h"
#include "service/renaming.h"
#include "service/stored_images_state.h"

namespace bayplan::images {
namespace {

using metadata::WriteTx;

Result<void> check_names(const Catalog& catalog, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const ImageId* const owner = catalog.owner(name);
    if (owner == nullptr && !catalog.problems().contains(name)) continue;
    const std::string by = owner == nullptr ? std::string() : " by image " + owner->to_string();
    return Error(Errc::already_exists, "image name", name, "that name is already in use" + by)
        .with_advice("add it to the new image afterwards: it moves then");
  }
  return {};
}

Result<void> check_layers(const metadata::BucketSource& source, std::string_view ns,
                          const Manifest& manifest) {
  for (const Descriptor& layer : manifest.layers) {
    BAYPLAN_ASSIGN(const bool recorded, is_recorded(source, ns, layer));
    if (!recorded) return Error(Errc::not_found, "layer", layer.digest.to_string(), "layer not known");
  }
  return {};
}

Result<void> write_records(WriteTx& tx, std::string_view ns, const ImageId& id, const NewImage& image,
                           const std::vector<std::string>& names) {
  const std::vector<std::string> records =
      names.empty() ? std::vector<std::string>{id.config().to_string()} : names;
  for (const std::string& record : records) {
    BAYPLAN_TRY(create(tx, ns, {.name = record, .target = image.target, .labels = {}}));
  }
  return write_state(tx, ns, id, {.history = names, .metadata = image.metadata, .flags = image.flags});
}

}  // namespace

Result<StoredImageId> StoredImages::create(WriteTx& tx, const NewImage& image) const {
  BAYPLAN_ASSIGN(const auto names, normalized_names(image.names));
  BAYPLAN_TRY(check_state(image.target.digest.to_string(), image.metadata, image.flags));
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(tx));
  StoredDocuments documents(state_->store, tx, state_->ns);
  BAYPLAN_ASSIGN(const ManifestChoice choice,
                 choose_image(state_->store, tx, state_->ns, documents, image.target));
  BAYPLAN_ASSIGN(const ImageId id, ImageId::of(choice.document->config.digest));
  if (catalog.images().contains(id)) {
    return Error(Errc::already_exists, "image", id.to_string(), "that ID is already in use");
  }
  BAYPLAN_TRY(check_names(catalog, names));
  BAYPLAN_TRY(check_digests({choice.descriptor.digest, image.target.digest}, names));
  BAYPLAN_TRY(check_layers(tx, state_->ns, *choice.document));
  BAYPLAN_TRY(
      tx.savepoint([&](WriteTx& inner) { return write_records(inner, state_->ns, id, image, names); }));
  return StoredImageId(id);
}

}  // namespace bayplan::images
