// Image IDs: a type of its own, so that an ID and a name are never taken for one another.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "bayplan/base/digest.h"

namespace bayplan::images {

/// How many hex digits an ID has, and how many of them have to be given for a lookup by prefix.
inline constexpr std::size_t kImageIdDigits = 64;
inline constexpr std::size_t kMinImageIdPrefix = 3;

/// The digest of an image's config, which people write as 64 hex digits. There is no empty one, and none that
/// becomes text by itself.
class ImageId {
 public:
  /// From exactly 64 lower-case hex digits. Errors: invalid_argument.
  static Result<ImageId> parse(std::string_view text);
  /// Errors: unsupported (a config that is named by another algorithm than sha256 has no ID).
  static Result<ImageId> of(const Digest& config);

  const Digest& config() const noexcept { return config_; }
  /// The 64 hex digits.
  std::string to_string() const { return config_.hex(); }
  /// Whether `digits` are how it begins, and enough to tell (kMinImageIdPrefix).
  bool matches(std::string_view digits) const;

  friend bool operator==(const ImageId&, const ImageId&) noexcept = default;
  friend std::strong_ordering operator<=>(const ImageId&, const ImageId&) noexcept = default;

 private:
  explicit ImageId(const Digest& config) : config_(config) {}
  Digest config_;
};

}  // namespace bayplan::images
