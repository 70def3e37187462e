#include "media_type.h"

#include <algorithm>
#include <array>

#include "bayplan/images/documents.h"

namespace bayplan::images {
namespace {

struct Known {
  std::string_view media_type;
  MediaKind kind;
  bool nondistributable = false;
};

constexpr std::array kKnown = {
    Known{kOciIndex, MediaKind::index},
    Known{kDockerManifestList, MediaKind::index},
    Known{kOciManifest, MediaKind::manifest},
    Known{kDockerManifest, MediaKind::manifest},
    Known{kOciConfig, MediaKind::config},
    Known{kDockerConfig, MediaKind::config},
    Known{kOciLayer, MediaKind::layer},
    Known{kOciLayerGzip, MediaKind::layer},
    Known{kOciLayerZstd, MediaKind::layer},
    Known{kDockerLayer, MediaKind::layer},
    Known{kDockerLayerGzip, MediaKind::layer},
    Known{kDockerLayerZstd, MediaKind::layer},
    Known{"application/vnd.oci.image.layer.nondistributable.v1.tar", MediaKind::layer, true},
    Known{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MediaKind::layer, true},
    Known{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MediaKind::layer, true},
    Known{"application/vnd.docker.image.rootfs.foreign.diff.tar", MediaKind::layer, true},
    Known{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MediaKind::layer, true},
};

const Known* find_known(std::string_view media_type) noexcept {
  const auto* found = std::find_if(kKnown.begin(), kKnown.end(),
                                   [&](const Known& known) { return known.media_type == media_type; });
  return found == kKnown.end() ? nullptr : found;
}

constexpr std::size_t kMaxNameBytes = 127;

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 6838 restricted-name.
bool is_restricted_name(std::string_view text) noexcept {
  constexpr std::string_view kPunctuation = "!#$&-^_.+";
  if (text.empty() || text.size() > kMaxNameBytes || !is_letter_or_digit(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || kPunctuation.find(c) != std::string_view::npos;
  });
}

}  // namespace

MediaKind media_kind(std::string_view media_type) noexcept {
  const Known* known = find_known(media_type);
  return known == nullptr ? MediaKind::other : known->kind;
}

bool is_nondistributable(std::string_view media_type) noexcept {
  const Known* known = find_known(media_type);
  return known != nullptr && known->nondistributable;
}

bool is_schema1(std::string_view media_type) noexcept {
  return media_type == "application/vnd.docker.distribution.manifest.v1+json" ||
         media_type == "application/vnd.docker.distribution.manifest.v1+prettyjws";
}

Error schema1_error() {
  return Error(Errc::unsupported, "docker schema 1", {}, "manifests of this format are not read")
      .with_advice("push the image again with a current tool");
}

bool is_media_type(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_restricted_name(text.substr(0, slash)) &&
         is_restricted_name(text.substr(slash + 1));
}

}  // namespace bayplan::images
