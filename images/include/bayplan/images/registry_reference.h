// What a registry can be asked for: a repository and a tag or a digest in it.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/images/reference.h"

namespace bayplan::images {

/// Normalised: domain and path, and either a tag or a digest. Text without both means the tag "latest"; of
/// text with both the tag is dropped, as the digest says more. There is no empty one.
class RegistryReference {
 public:
  /// Errors: as Reference::parse.
  static Result<RegistryReference> parse(std::string_view text);
  static RegistryReference of(const Reference& reference);

  const std::string& domain() const noexcept { return reference_.domain(); }
  const std::string& path() const noexcept { return reference_.path(); }
  /// domain/path, which is what credentials and policies are scoped by.
  std::string repository() const;
  const std::optional<std::string>& tag() const noexcept { return reference_.tag(); }
  const std::optional<Digest>& digest() const noexcept { return reference_.digest(); }
  /// What a manifest is asked for by: the tag or the digest.
  std::string object() const;

  /// The canonical reference of the manifest `digest` here: domain/path@digest.
  RegistryReference pinned(const Digest& digest) const;

  /// domain/path:tag or domain/path@digest; parses back to the same, and is what image records are called.
  std::string to_string() const;
  /// The shortest form that parses back to the same.
  std::string familiar() const { return reference_.familiar(); }

  friend bool operator==(const RegistryReference& a, const RegistryReference& b) {
    return a.to_string() == b.to_string();
  }
  friend std::strong_ordering operator<=>(const RegistryReference& a, const RegistryReference& b) {
    return a.to_string() <=> b.to_string();
  }

 private:
  explicit RegistryReference(const Reference& reference);
  Reference reference_;
};

}  // namespace bayplan::images
