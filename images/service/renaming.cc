#include "service/renaming.h"

#include <algorithm>

#include "bayplan/images/registry_reference.h"
#include "bayplan/images/stored_images.h"
#include "service/image_state.h"

namespace bayplan::images {

Result<std::vector<std::string>> normalized_names(const std::vector<std::string>& names) {
  std::vector<std::string> normalized;
  for (const std::string& name : names) {
    BAYPLAN_ASSIGN(const RegistryReference reference, RegistryReference::parse(name));
    put_behind(normalized, {reference.to_string()});
  }
  return normalized;
}

Result<void> check_digests(const std::set<Digest>& manifests, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    BAYPLAN_ASSIGN(const RegistryReference reference, RegistryReference::parse(name));
    if (!reference.digest() || manifests.contains(*reference.digest())) continue;
    return Error(Errc::invalid_argument, "image name", name, "the image has no manifest of that digest");
  }
  return {};
}

std::vector<std::string> names_among(const std::vector<std::string>& there,
                                     const std::vector<std::string>& names) {
  std::vector<std::string> found;
  for (const std::string& name : names) {
    const auto reference = RegistryReference::parse(name);
    for (const std::string& form : {name, reference ? reference->to_string() : name}) {
      if (std::find(there.begin(), there.end(), form) != there.end()) put_behind(found, {form});
    }
  }
  return found;
}

Renaming::Changed& Renaming::changed(const ImageId& id) {
  const auto known = changed_.find(id);
  if (known != changed_.end()) return known->second;
  const CatalogImage& image = catalog_.images().at(id);
  Changed change{.target = image.records.front().target, .names = image.names()};
  change.had_names = !change.names.empty();
  change.has_keeper = change.names.size() < image.records.size();
  return changed_.emplace(id, std::move(change)).first->second;
}

Result<void> Renaming::give(const ImageId& to, const std::string& name, const Descriptor& target) {
  Changed& image = changed(to);
  image.given.push_back(name);
  if (std::find(image.names.begin(), image.names.end(), name) != image.names.end()) return {};
  image.names.push_back(name);
  const ImageId* const owner = catalog_.owner(name);
  if (owner != nullptr && *owner != to) std::erase(changed(*owner).names, name);
  const Image record{.name = name, .target = target, .labels = {}};
  if (owner == nullptr && !catalog_.problems().contains(name)) return create(tx_, ns_, record);
  BAYPLAN_TRY(update(tx_, ns_, record, {"target"}));
  return {};
}

Result<void> Renaming::take(const ImageId& from, const std::string& name) {
  std::erase(changed(from).names, name);
  return images::remove(tx_, ns_, name);
}

Result<void> Renaming::finish() {
  for (const auto& [id, image] : changed_) BAYPLAN_TRY(finish(id, image));
  return {};
}

Result<void> Renaming::finish(const ImageId& id, const Changed& image) {
  const std::string keeper = id.config().to_string();
  if (image.names.empty() && !image.has_keeper) {
    BAYPLAN_TRY(create(tx_, ns_, {.name = keeper, .target = image.target, .labels = {}}));
  }
  if (!image.names.empty() && !image.had_names && image.has_keeper) {
    BAYPLAN_TRY(images::remove(tx_, ns_, keeper));
  }
  BAYPLAN_ASSIGN(ImageState state, read_state(tx_, ns_, id));
  put_behind(state.history, catalog_.images().at(id).names());
  put_in_front(state.history, image.given);
  return write_history(tx_, ns_, id, state);
}

}  // namespace bayplan::images
