#include <algorithm>

#include "bayplan/images/stored_images.h"
#include "service/stored_images_state.h"

namespace bayplan::images {
namespace {

using metadata::BucketSource;

constexpr std::string_view kAlgorithm = "sha256:";

bool is_in_repository(const CatalogImage& image, const RegistryReference& name) {
  const std::vector<std::string> names = image.names();
  return std::any_of(names.begin(), names.end(), [&](const std::string& other) {
    const auto reference = RegistryReference::parse(other);
    return reference && reference->repository() == name.repository();
  });
}

/// One question to one catalog.
class Lookup {
 public:
  explicit Lookup(const Catalog& catalog) : catalog_(catalog) {}

  struct Found {
    ImageId id;
    bool by_id = false;
    std::string name{};
  };

  Result<Found> text(std::string_view text) const {
    if (const auto id = full_id(text)) return Found{*id, true};
    if (auto record = named(text)) return std::move(*record);
    BAYPLAN_TRY(undamaged(text));
    BAYPLAN_ASSIGN(const StorageReference parsed, parse_local_image(text, by_prefix()));
    return reference(parsed, text);
  }

  Result<Found> reference(const StorageReference& reference, std::string_view text) const {
    const auto& name = reference.name();
    if (reference.id()) return by_id(*reference.id(), name, text);
    if (auto record = named(name->to_string())) return std::move(*record);
    if (name->digest()) {
      for (const auto& [id, image] : catalog_.images()) {
        if (image.manifests.contains(*name->digest()) && is_in_repository(image, *name)) return Found{id};
      }
    }
    BAYPLAN_TRY(undamaged(name->to_string()));
    return image_not_known(text);
  }

 private:
  // What is wrong with the record of that name, if anything.
  Result<void> undamaged(std::string_view record) const {
    const auto damaged = catalog_.problems().find(record);
    if (damaged == catalog_.problems().end()) return {};
    return damaged->second;
  }

  // An ID that is there.
  std::optional<ImageId> full_id(std::string_view text) const {
    if (text.starts_with(kAlgorithm)) text.remove_prefix(kAlgorithm.size());
    const auto id = ImageId::parse(text);
    if (id && catalog_.images().contains(*id)) return *id;
    return {};
  }

  std::optional<Found> named(std::string_view record) const {
    const ImageId* const owner = catalog_.owner(record);
    if (owner == nullptr) return {};
    return Found{*owner, false, std::string(record)};
  }

  Result<Found> by_id(const ImageId& id, const std::optional<RegistryReference>& name,
                      std::string_view text) const {
    const auto image = catalog_.images().find(id);
    if (image == catalog_.images().end()) return image_not_known(text);
    if (name && !is_in_repository(image->second, *name)) return image_not_known(text);
    return Found{id, true};
  }

  // Names go before beginnings of IDs.
  IdLookup by_prefix() const {
    return [this](std::string_view prefix) -> Result<std::optional<ImageId>> {
      const auto name = RegistryReference::parse(prefix);
      if (name && catalog_.owner(name->to_string()) != nullptr) return std::optional<ImageId>();
      return catalog_.by_prefix(prefix);
    };
  }

  const Catalog& catalog_;
};

std::string text_of(const StorageReference& reference) {
  const std::string id = reference.id() ? reference.id()->to_string() : std::string();
  if (!reference.name()) return id;
  return reference.name()->to_string() + (id.empty() ? "" : "@" + id);
}

}  // namespace

Result<FoundImage> StoredImages::lookup(const BucketSource& source, std::string_view text) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  BAYPLAN_ASSIGN(auto found, Lookup(catalog).text(text));
  return FoundImage{StoredImageId(found.id), found.by_id, std::move(found.name)};
}

Result<FoundImage> StoredImages::resolve(const BucketSource& source,
                                         const StorageReference& reference) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  BAYPLAN_ASSIGN(auto found, Lookup(catalog).reference(reference, text_of(reference)));
  return FoundImage{StoredImageId(found.id), found.by_id, std::move(found.name)};
}

Result<bool> StoredImages::exists(const BucketSource& source, std::string_view text) const {
  const auto found = lookup(source, text);
  if (found) return true;
  if (found.error().code() == Errc::not_found) return false;
  return found.error();
}

}  // namespace bayplan::images
