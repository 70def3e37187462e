#include "bayplan/images/resolve.h"

#include "bayplan/images/reference.h"
#include "media_type.h"
#include "target_choice.h"

namespace bayplan::images {
namespace {

Error artifact(const Descriptor& descriptor, std::string_view media_type) {
  return Error(Errc::unsupported, "blob", descriptor.digest.to_string(),
               "an artifact (" + std::string(media_type) + "), not a container image");
}

Error none_for(const Platform& wanted, const std::vector<std::string>& others) {
  std::string message = "no manifest for " + normalize(wanted).to_string();
  for (std::size_t i = 0; i < others.size(); ++i) message += (i == 0 ? "; there is " : ", ") + others[i];
  return Error(Errc::not_found, "platform", {}, message);
}

// The manifest to use, among those of an index. `platform`: the host's when empty.
Result<ManifestChoice> choose_from_index(StoredDocuments& documents, const Descriptor& target,
                                         const std::optional<Platform>& platform) {
  const Platform wanted = platform ? *platform : host_platform();
  ManifestChooser chooser(documents, wanted);
  BAYPLAN_ASSIGN(auto choice, chooser.choose({target}));
  if (!choice) {
    BAYPLAN_TRY(documents.require_index(target));  // which may be what is missing
    return none_for(wanted, chooser.others());
  }
  if (!choice->document) {
    BAYPLAN_ASSIGN(choice->document, documents.require_manifest(choice->descriptor));
  }
  return std::move(*choice);
}

}  // namespace

Result<ManifestChoice> choose_stored(StoredDocuments& documents, const Descriptor& target,
                                     const std::optional<Platform>& platform) {
  if (is_schema1(target.media_type)) return schema1_error();
  switch (media_kind(target.media_type)) {
    case MediaKind::index:
      return choose_from_index(documents, target, platform);
    case MediaKind::manifest: {
      BAYPLAN_ASSIGN(Manifest manifest, documents.require_manifest(target));
      const std::string& config_type = manifest.config.media_type;
      if (media_kind(config_type) != MediaKind::config) return artifact(target, config_type);
      return ManifestChoice{target, std::move(manifest)};
    }
    default:
      return artifact(target, target.media_type);
  }
}

Result<ResolvedImage> with_config(StoredDocuments& documents, Image image, ManifestChoice choice) {
  Manifest& manifest = *choice.document;
  BAYPLAN_ASSIGN(ImageConfig config, documents.require_config(manifest.config));
  if (config.diff_ids.size() != manifest.layers.size()) {
    return Error(Errc::invalid_argument, "config", manifest.config.digest.to_string(),
                 "names " + std::to_string(config.diff_ids.size()) + " layers, the manifest " +
                     std::to_string(manifest.layers.size()));
  }
  ResolvedImage resolved{std::move(image), std::move(choice.descriptor), std::move(manifest),
                         std::move(config)};
  if (!resolved.config.diff_ids.empty()) resolved.chain_id = chain_ids(resolved.config.diff_ids).back();
  return resolved;
}

namespace {

Result<ResolvedImage> resolve_target(StoredDocuments& documents, Image image,
                                     const std::optional<Platform>& platform) {
  const Digest target = image.target.digest;
  BAYPLAN_ASSIGN(ManifestChoice choice, choose_stored(documents, image.target, platform));
  BAYPLAN_ASSIGN(ResolvedImage resolved, with_config(documents, std::move(image), std::move(choice)));
  const bool single = resolved.manifest.digest == target;
  if (single && platform && !match_rank(*platform, resolved.config.platform)) {
    return none_for(*platform, {normalize(resolved.config.platform).to_string()});
  }
  return resolved;
}

}  // namespace

Result<Image> find(const metadata::BucketSource& source, std::string_view ns,
                   std::string_view name_or_reference) {
  auto exact = get(source, ns, name_or_reference);
  if (exact || exact.error().code() != Errc::not_found) return exact;
  const auto reference = Reference::parse(name_or_reference);
  if (!reference) return exact;
  auto canonical = get(source, ns, reference->canonical());
  if (!canonical && canonical.error().code() == Errc::not_found) return exact;
  return canonical;
}

Result<ResolvedImage> resolve(Store& store, const metadata::BucketSource& source, std::string_view ns,
                              std::string_view name_or_reference, const std::optional<Platform>& platform) {
  BAYPLAN_ASSIGN(Image image, find(source, ns, name_or_reference));
  const std::string name = image.name;
  StoredDocuments documents(store, source, ns);
  return resolve_target(documents, std::move(image), platform).with_context("image", name);
}

}  // namespace bayplan::images
