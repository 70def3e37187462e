#include <algorithm>

#include "bayplan/images/registry_reference.h"
#include "bayplan/images/stored_images.h"
#include "service/image_state.h"
#include "service/renaming.h"
#include "service/stored_images_state.h"

namespace bayplan::images {
namespace {

using metadata::WriteTx;

// Of the record called `like`, else of the first.
const Descriptor& target_like(const CatalogImage& image, std::string_view like) {
  const auto found = std::find_if(image.records.begin(), image.records.end(),
                                  [&](const Image& record) { return record.name == like; });
  return (found == image.records.end() ? image.records.front() : *found).target;
}

Result<void> give_all(Renaming& renaming, const ImageId& id, const CatalogImage& image,
                      const std::vector<std::string>& names, std::string_view like) {
  BAYPLAN_TRY(check_digests(image.manifests, names));
  for (const std::string& name : names) {
    BAYPLAN_TRY(renaming.give(id, name, target_like(image, like)));
  }
  return {};
}

}  // namespace

Result<void> StoredImages::add_names(WriteTx& tx, const StoredImageId& id,
                                     const std::vector<std::string>& names, std::string_view like) const {
  BAYPLAN_ASSIGN(const auto normalized, normalized_names(names));
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(tx));
  BAYPLAN_ASSIGN(const CatalogImage* const image, catalog.require(id.id()));
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    Renaming renaming(inner, state_->ns, catalog);
    BAYPLAN_TRY(give_all(renaming, id.id(), *image, normalized, like));
    return renaming.finish();
  });
}

Result<void> StoredImages::set_names(WriteTx& tx, const StoredImageId& id,
                                     const std::vector<std::string>& names) const {
  BAYPLAN_ASSIGN(const auto normalized, normalized_names(names));
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(tx));
  BAYPLAN_ASSIGN(const CatalogImage* const image, catalog.require(id.id()));
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    Renaming renaming(inner, state_->ns, catalog);
    BAYPLAN_TRY(give_all(renaming, id.id(), *image, normalized, {}));
    for (const std::string& name : image->names()) {
      const bool stays = std::find(normalized.begin(), normalized.end(), name) != normalized.end();
      if (!stays) BAYPLAN_TRY(renaming.take(id.id(), name));
    }
    return renaming.finish();
  });
}

Result<void> StoredImages::remove_names(WriteTx& tx, const StoredImageId& id,
                                        const std::vector<std::string>& names) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(tx));
  BAYPLAN_ASSIGN(const CatalogImage* const image, catalog.require(id.id()));
  const std::vector<std::string> taken = names_among(image->names(), names);
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    Renaming renaming(inner, state_->ns, catalog);
    for (const std::string& name : taken) BAYPLAN_TRY(renaming.take(id.id(), name));
    return renaming.finish();
  });
}

Result<void> StoredImages::name_moved(WriteTx& tx, const Image& before) const {
  const auto meant = state_->ids.of(state_->store, tx, state_->ns, before.target);
  // What belonged to no image is nobody's loss.
  if (!meant) return is_of_store(meant.error()) ? meant.error() : Result<void>();
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(tx));
  const bool has_records = catalog.images().contains(meant->id);
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    if (!has_records) {
      const std::string keeper = meant->id.config().to_string();
      BAYPLAN_TRY(images::create(inner, state_->ns, {.name = keeper, .target = before.target, .labels = {}}));
    }
    BAYPLAN_ASSIGN(ImageState state, read_state(inner, state_->ns, meant->id));
    put_in_front(state.history, {before.name});
    return write_history(inner, state_->ns, meant->id, state);
  });
}

}  // namespace bayplan::images
