// Image references: the ecosystem's grammar and normalisation (distribution/reference).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/digest.h"

namespace bayplan::images {

/// name[:tag][@digest], normalised: domain and path are never empty ("a" is docker.io/library/a).
class Reference {
 public:
  /// Errors: invalid_argument, saying which rule is broken; unsupported (a digest of another algorithm).
  static Result<Reference> parse(std::string_view text);

  const std::string& domain() const noexcept { return domain_; }
  const std::string& path() const noexcept { return path_; }
  const std::optional<std::string>& tag() const noexcept { return tag_; }
  const std::optional<Digest>& digest() const noexcept { return digest_; }

  /// domain/path[:tag][@digest]; ":latest" where there is neither tag nor digest.
  std::string canonical() const;
  /// The shortest form that parses back to the same.
  std::string familiar() const;

 private:
  Reference() = default;
  std::string domain_;
  std::string path_;
  std::optional<std::string> tag_;
  std::optional<Digest> digest_;
};

/// What an image record may be called: printable UTF-8 without control characters, 1..kMaxKeyBytes bytes.
/// Looser than a reference, as in containerd's image store. Errors: invalid_argument.
Result<void> validate_image_name(std::string_view name);

}  // namespace bayplan::images
