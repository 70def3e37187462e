// Image references: the ecosystem's grammar and normalisation (distribution/reference).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/digest.h"

namespace bayplan::images {

/// More than the longest domain, path, tag and digest take together.
inline constexpr std::size_t kMaxReferenceBytes = 1024;

/// name[:tag][@digest], normalised: domain and path are never empty ("a" is docker.io/library/a).
class Reference {
 public:
  /// Errors: invalid_argument, saying which rule is broken; unsupported (a digest of another algorithm).
  static Result<Reference> parse(std::string_view text);

  const std::string& domain() const noexcept { return domain_; }
  /// Whether the text named the domain; otherwise it is docker.io, or what a list of search registries says.
  bool domain_given() const noexcept { return domain_given_; }
  const std::string& path() const noexcept { return path_; }
  const std::optional<std::string>& tag() const noexcept { return tag_; }
  const std::optional<Digest>& digest() const noexcept { return digest_; }

  /// domain/path[:tag][@digest]; ":latest" where there is neither tag nor digest.
  std::string canonical() const;
  /// The shortest form that parses back to the same.
  std::string familiar() const;

 private:
  friend class RegistryReference;
  Reference() = default;

  std::string domain_;
  bool domain_given_ = false;
  std::string path_;
  std::optional<std::string> tag_;
  std::optional<Digest> digest_;
};

}  // namespace bayplan::images
