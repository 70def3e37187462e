// Names that come, go and move between the images of a namespace, in one transaction.
#pragma once

#include "service/catalog.h"

namespace bayplan::images {

/// Canonical forms, each once, in their order. Errors: invalid_argument and unsupported (one is no
/// reference).
Result<std::vector<std::string>> normalized_names(const std::vector<std::string>& names);

/// A name with a digest is for an image that has the manifest. Errors: invalid_argument.
Result<void> check_digests(const std::set<Digest>& manifests, const std::vector<std::string>& names);

/// Of `names` those that are `there`, as given or normalised.
std::vector<std::string> names_among(const std::vector<std::string>& there,
                                     const std::vector<std::string>& names);

class Renaming {
 public:
  /// Borrows all of it; `catalog` is of this transaction.
  Renaming(metadata::WriteTx& tx, std::string_view ns, const Catalog& catalog)
      : tx_(tx), ns_(ns), catalog_(catalog) {}

  /// Makes `name` a name of `to`, whosever it was; one that it has already stays as it is. Errors: those of
  /// images::create and images::update.
  Result<void> give(const ImageId& to, const std::string& name, const Descriptor& target);
  /// Takes a name that it has. Errors: those of images::remove.
  Result<void> take(const ImageId& from, const std::string& name);
  /// Images that lost their last name get a record that keeps them, and one that found a name has no need of
  /// it any more. Histories are written. Errors: those of images::create, images::remove and write_state.
  Result<void> finish();

 private:
  struct Changed {
    Descriptor target;                 // for the record that keeps it
    std::vector<std::string> names;    // that it has
    std::vector<std::string> given{};  // by this, in their order
    bool had_names = false;
    bool has_keeper = false;
  };
  Changed& changed(const ImageId& id);
  Result<void> finish(const ImageId& id, const Changed& image);

  metadata::WriteTx& tx_;
  std::string_view ns_;
  const Catalog& catalog_;
  std::map<ImageId, Changed> changed_{};
};

}  // namespace bayplan::images
