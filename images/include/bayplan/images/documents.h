// The JSON documents of an image: index, manifest, config. Parsed strictly (base/json.h), bounded, never
// re-serialised: what is stored and sent is always the bytes as they came. OCI image-spec 1.1 and docker
// schema 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/base/descriptor.h"
#include "bayplan/base/time.h"
#include "bayplan/images/platform.h"

namespace bayplan::images {

inline constexpr std::size_t kMaxDocumentBytes = 4u << 20;
inline constexpr std::size_t kMaxChildren = 4096;  ///< per document
inline constexpr std::size_t kMaxIndexDepth = 8;
inline constexpr std::size_t kMaxGraphNodes = 16384;        ///< per image
inline constexpr std::uint64_t kMaxGraphBytes = 64u << 20;  ///< of documents, per image

enum class MediaKind : unsigned char { index, manifest, config, layer, other };
/// What a media type is, OCI's and docker's families alike.
MediaKind media_kind(std::string_view media_type) noexcept;
/// True for layers that may be missing and are never fetched from their urls.
bool is_nondistributable(std::string_view media_type) noexcept;

struct ChildDescriptor {
  Descriptor descriptor;
  std::optional<Platform> platform{};
};

struct Index {
  std::vector<ChildDescriptor> manifests;
};

struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;
};

/// The parts of an image config that a container needs, as they stand there: the platform is not normalised.
struct ImageConfig {
  Platform platform;
  std::vector<Digest> diff_ids;
  std::optional<Time> created{};  ///< empty where it says none, or one that cannot be read
  std::string user;
  std::vector<std::string> env;  ///< entries that are not NAME=value are dropped
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::string working_dir;
  std::string stop_signal;
  std::vector<std::pair<std::string, std::string>> labels;
};

/// Each refuses what contradicts itself: another schemaVersion, a manifest that is also an index, a mediaType
/// other than `media_type`, docker schema 1 (unsupported), sizes that are not integers >= 0, digests of other
/// algorithms (unsupported), more than kMaxChildren children, an inline `data` that does not match its
/// digest, platforms that hold more than letters, digits and "_.-", user ids outside 0..2^31-1 and users with
/// control characters. `name` says which document in errors. Errors: invalid_argument, unsupported,
/// too_large, digest_mismatch.
Result<Index> parse_index(std::string_view json, std::string_view media_type, std::string_view name);
Result<Manifest> parse_manifest(std::string_view json, std::string_view media_type, std::string_view name);
Result<ImageConfig> parse_config(std::string_view json, std::string_view name);

/// chainID of the first n diffIDs (image-spec config.md): chain(1) = diffID, chain(n) = sha256 of chain(n-1),
/// one space, diffIDn. One per layer, base first.
std::vector<Digest> chain_ids(const std::vector<Digest>& diff_ids);

}  // namespace bayplan::images
