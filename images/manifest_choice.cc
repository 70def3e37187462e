#include "manifest_choice.h"

namespace bayplan::images {
namespace {

constexpr std::size_t kMaxOthers = 16;

bool is_attestation(const Platform& platform) {
  return platform.os == "unknown" || platform.architecture == "unknown";
}

bool is_artifact(const std::optional<Manifest>& document) {
  return document && media_kind(document->config.media_type) != MediaKind::config;
}

}  // namespace

Result<std::optional<ManifestChoice>> ManifestChooser::choose(const ChildDescriptor& target) {
  BAYPLAN_TRY(consider(target, 0));
  return std::move(best_);
}

Result<void> ManifestChooser::consider(const ChildDescriptor& child, std::size_t depth) {
  if (best_ && best_rank_ == 0) return {};  // nothing that comes later is better
  switch (media_kind(child.descriptor.media_type)) {
    case MediaKind::index:
      return consider_index(child.descriptor, depth + 1);
    case MediaKind::manifest:
      return consider_manifest(child);
    default:
      return {};
  }
}

Result<void> ManifestChooser::consider_index(const Descriptor& descriptor, std::size_t depth) {
  if (depth > kMaxIndexDepth) {
    return Error(Errc::too_large, "index", descriptor.digest.to_string(),
                 "nested more than " + std::to_string(kMaxIndexDepth) + " deep");
  }
  if (!seen_.insert(descriptor.digest).second) return {};
  BAYPLAN_ASSIGN(const auto index, documents_.index(descriptor));
  if (!index) return {};
  for (const ChildDescriptor& child : index->manifests) BAYPLAN_TRY(consider(child, depth));
  return {};
}

Result<void> ManifestChooser::consider_manifest(const ChildDescriptor& child) {
  ManifestChoice choice{.descriptor = child.descriptor};
  if (!child.platform) {
    BAYPLAN_ASSIGN(choice.document, documents_.manifest(child.descriptor));
  }
  BAYPLAN_ASSIGN(const auto platform, platform_of(child, choice.document));
  if (!platform || is_attestation(*platform)) return {};
  const auto rank = match_rank(wanted_, *platform);
  if (!rank && others_.size() < kMaxOthers) others_.push_back(normalize(*platform).to_string());
  if (!rank || (best_ && *rank >= best_rank_)) return {};
  if (!choice.document) {
    BAYPLAN_ASSIGN(choice.document, documents_.manifest(child.descriptor));
  }
  if (is_artifact(choice.document)) return {};
  best_rank_ = *rank;
  best_ = std::move(choice);
  return {};
}

Result<std::optional<Platform>> ManifestChooser::platform_of(const ChildDescriptor& child,
                                                             const std::optional<Manifest>& document) {
  if (child.platform) return child.platform;
  if (!document || is_artifact(document)) return std::optional<Platform>();
  BAYPLAN_ASSIGN(const auto config, documents_.config(document->config));
  if (!config) return std::optional<Platform>();
  return std::optional<Platform>(config->platform);
}

Error none_for(const Platform& wanted, const std::vector<std::string>& others) {
  std::string message = "no manifest for " + normalize(wanted).to_string();
  for (std::size_t i = 0; i < others.size(); ++i) message += (i == 0 ? "; there is " : ", ") + others[i];
  return Error(Errc::not_found, "platform", {}, message);
}

Result<void> require_platform(DocumentHolder& documents, const Descriptor& manifest, const Platform& wanted) {
  BAYPLAN_ASSIGN(const auto document, documents.manifest(manifest));
  if (!document) return Error(Errc::not_found, "manifest", manifest.digest.to_string());
  if (is_artifact(document)) return {};
  BAYPLAN_ASSIGN(const auto config, documents.config(document->config));
  if (!config) return Error(Errc::not_found, "config", document->config.digest.to_string());
  if (match_rank(wanted, config->platform)) return {};
  return none_for(wanted, {normalize(config->platform).to_string()});
}

}  // namespace bayplan::images
