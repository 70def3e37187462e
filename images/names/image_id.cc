#include "bayplan/images/image_id.h"

namespace bayplan::images {

Result<ImageId> ImageId::parse(std::string_view text) {
  // One digit too many is enough to be refused.
  const auto config = Digest::parse("sha256:" + std::string(text.substr(0, kImageIdDigits + 1)));
  if (config) return ImageId(*config);
  return Error(Errc::invalid_argument, "image ID", text, "is not 64 lower-case hex digits");
}

Result<ImageId> ImageId::of(const Digest& config) {
  if (config.algorithm() == DigestAlgorithm::sha256) return ImageId(config);
  return Error(Errc::unsupported, "image config", config.to_string(), "image IDs are SHA-256");
}

bool ImageId::matches(std::string_view digits) const {
  return digits.size() >= kMinImageIdPrefix && to_string().starts_with(digits);
}

}  // namespace bayplan::images
