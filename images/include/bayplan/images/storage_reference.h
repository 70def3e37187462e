// How people name images that are in a store: what the containers-storage transport takes.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "bayplan/images/image_id.h"
#include "bayplan/images/registry_reference.h"

namespace bayplan::images {

/// Answers the one image of the store whose ID begins with these 3 to 64 characters; empty where there is
/// none or several, or where an image is called that: names go before prefixes. Its errors are handed on.
using IdLookup = std::function<Result<std::optional<ImageId>>(std::string_view prefix)>;

/// A name, an ID, or both (the image of that ID, on the condition that the repository is its own).
/// Thread-safe.
class StorageReference {
 public:
  /// [[driver@graphroot+runroot:options]](NAME | [NAME]@ID | ID): the leading store specification is passed
  /// over; what follows the last "@" is a digest of NAME, an ID of 64 digits, or how one image's ID begins;
  /// text without "@" and ":" that one image's ID begins with is that ID; everything else is a NAME,
  /// normalised as RegistryReference. `lookup` may be empty: nothing is taken for the beginning of an ID
  /// then. Errors: invalid_argument, saying which rule is broken; those of RegistryReference::parse and of
  /// `lookup`.
  static Result<StorageReference> parse(std::string_view text, const IdLookup& lookup);

  const std::optional<RegistryReference>& name() const noexcept { return name_; }
  const std::optional<ImageId>& id() const noexcept { return id_; }

 private:
  StorageReference() = default;
  std::optional<RegistryReference> name_{};
  std::optional<ImageId> id_{};
};

/// What a user calls a local image, in the order of the image service: a name with its transport, "@" and the
/// text as an ID, the text as StorageReference has it; the first that parses wins. docker://NAME is the local
/// image of that name; nothing asks a registry.
/// Errors: when none succeeds, that of the first attempt if the text names a transport, else of the last;
/// not_found (a transport whose images have no name in
/// a store: oci:PATH and others); those of `lookup`.
Result<StorageReference> parse_local_image(std::string_view text, const IdLookup& lookup);

}  // namespace bayplan::images
