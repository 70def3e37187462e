#include "bayplan/images/reference.h"
#include "service/renaming.h"
#include "service/stored_images_state.h"

namespace bayplan::images {
namespace {

using metadata::BucketSource;

// Records of that name which belong to no image.
std::vector<std::string> damaged_records(const Catalog& catalog, std::string_view text) {
  std::vector<std::string> damaged;
  for (const auto& [name, error] : catalog.problems()) {
    if (!name.empty()) damaged.push_back(name);
  }
  return names_among(damaged, {std::string(text)});
}

}  // namespace

Result<ImageUntag> StoredImages::plan_untag(const BucketSource& source, std::string_view text,
                                            metadata::GcKinds users) const {
  const auto found = lookup(source, text);
  if (!found) return untag_damaged(source, text, found.error());
  BAYPLAN_ASSIGN(const StoredImage image, get(source, found->id));
  Result<ImageUntag> untag{ImageUntag()};
  untag->id = found->id;
  untag->names = found->by_id ? image.names : names_among(image.names, {std::string(text), found->name});
  if (untag->names.empty() && !found->by_id) {
    return Error(Errc::not_found, "image name", text, "the image that it means has other names");
  }
  if (untag->names.size() < image.names.size()) return untag;
  BAYPLAN_ASSIGN(untag->removal, plan_removal(source, found->id, users));
  return untag;
}

// Of records that belong to no image, only the names are known.
Result<ImageUntag> StoredImages::untag_damaged(const BucketSource& source, std::string_view text,
                                               const Error& why) const {
  BAYPLAN_ASSIGN(const Catalog catalog, state_->catalog(source));
  Result<ImageUntag> untag{ImageUntag()};
  untag->names = damaged_records(catalog, text);
  if (untag->names.empty()) return why;
  return untag;
}

Result<void> StoredImages::untag(metadata::WriteTx& tx, const ImageUntag& untag) const {
  if (untag.removal) return remove(tx, *untag.removal);
  if (untag.id) return remove_names(tx, *untag.id, untag.names);
  return tx.savepoint([&](metadata::WriteTx& inner) -> Result<void> {
    for (const std::string& name : untag.names) BAYPLAN_TRY(images::remove(inner, state_->ns, name));
    return {};
  });
}

}  // namespace bayplan::images
