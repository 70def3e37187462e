#include "local_image.h"

#include "bayplan/content/verify.h"
#include "bayplan/images/resolve.h"
#include "bayplan/images/stored_images.h"
#include "image_parts.h"
#include "manifest_choice.h"
#include "media_type.h"
#include "stored_documents.h"

namespace bayplan::images {
namespace {

// What says of a document that it has to be fetched again.
bool is_lacking(const Error& error) noexcept {
  return error.code() == Errc::not_found || content::is_damage(error);
}

class Whole {
 public:
  Whole(Store& store, const metadata::BucketSource& source, std::string_view ns)
      : store_(store), source_(source), ns_(ns) {}

  Result<bool> for_platform(const Descriptor& target, const std::optional<Platform>& platform) {
    StoredDocuments documents(store_, source_, ns_);
    if (media_kind(target.media_type) != MediaKind::index) {
      BAYPLAN_ASSIGN(const bool fits, runs_on(documents, target, platform));
      if (!fits) return false;
      return has_parts(documents, target);
    }
    ManifestChooser chooser(documents, platform ? *platform : host_platform());
    BAYPLAN_ASSIGN(const auto choice, chooser.choose({target}));
    if (!choice) return false;
    return has_parts(documents, choice->descriptor);
  }

  Result<bool> for_all(const Descriptor& target) {
    BAYPLAN_ASSIGN(const ImageParts parts, image_parts(store_, source_, ns_, target));
    bool whole = true;
    const auto require = [&](const ImagePart& part) -> Result<void> {
      if (!whole) return {};
      BAYPLAN_ASSIGN(const bool there, has(part.descriptor));
      whole = there && part.readable;
      return {};
    };
    for (const ImagePart& index : parts.indexes) BAYPLAN_TRY(require(index));
    for (const ManifestParts& manifest : parts.manifests) {
      BAYPLAN_TRY(require(manifest.manifest));
      for (const ImagePart& blob : manifest.blobs) BAYPLAN_TRY(require(blob));
    }
    for (const ImagePart& other : parts.others) BAYPLAN_TRY(require(other));
    return whole;
  }

 private:
  // Whether it may be what was asked for; an artifact is for every platform.
  static Result<bool> runs_on(StoredDocuments& documents, const Descriptor& target,
                              const std::optional<Platform>& platform) {
    if (!platform) return true;
    BAYPLAN_ASSIGN(const auto manifest, documents.manifest(target));
    if (!manifest) return false;
    if (media_kind(manifest->config.media_type) != MediaKind::config) return true;
    BAYPLAN_ASSIGN(const auto config, documents.config(manifest->config));
    return config && match_rank(*platform, config->platform);
  }

  Result<bool> has_parts(StoredDocuments& documents, const Descriptor& target) {
    BAYPLAN_ASSIGN(const auto manifest, documents.manifest(target));
    if (!manifest) return false;
    BAYPLAN_ASSIGN(bool there, has(manifest->config));
    for (const Descriptor& layer : manifest->layers) {
      if (!there) break;
      BAYPLAN_ASSIGN(there, has(layer));
    }
    return there;
  }

  // Record and file.
  Result<bool> has(const Descriptor& blob) {
    BAYPLAN_ASSIGN(const bool recorded, is_recorded(source_, ns_, blob));
    if (!recorded) return false;
    const auto file = store_.blobs().open_blob(blob.digest, blob.size, content::Verify::no);
    if (file) return true;
    if (is_lacking(file.error())) return false;
    return file.error();
  }

  Store& store_;
  const metadata::BucketSource& source_;
  std::string_view ns_;
};

}  // namespace

Result<std::optional<Image>> whole_image(Store& store, std::string_view ns, std::string_view name,
                                         const std::optional<Platform>& platform, bool all_platforms) {
  std::optional<Image> image;
  const auto whole = store.db().view([&](const metadata::ReadTx& tx) -> Result<bool> {
    BAYPLAN_ASSIGN(image, get(tx, ns, name));
    Whole look(store, tx, ns);
    return all_platforms ? look.for_all(image->target) : look.for_platform(image->target, platform);
  });
  if (!whole && !is_lacking(whole.error())) return whole.error();
  if (!whole || !*whole) image.reset();
  return image;
}

Result<Image> find_stored(Store& store, std::string_view ns, const StorageLocation& at) {
  BAYPLAN_ASSIGN(const auto wanted, StorageReference::parse(at.text, {}));
  const StoredImages images(store, ns);
  return store.db().view([&](const metadata::ReadTx& tx) -> Result<Image> {
    if (!wanted.id()) return get(tx, ns, wanted.name()->to_string());
    BAYPLAN_ASSIGN(const FoundImage found, images.resolve(tx, wanted));
    BAYPLAN_ASSIGN(ResolvedImage opened, images.open(tx, found.id));
    return std::move(opened.image);
  });
}

Result<PullReport> use_local(Store& store, std::string_view ns, const Image& image,
                             const RemoteContext& context, const PullOptions& options,
                             const Control& control) {
  PullReport report{.name = image.name, .source = {}, .target = image.target};
  if (!options.unpack) return report;
  const auto resolved = store.db().view(
      [&](const metadata::ReadTx& tx) { return resolve(store, tx, ns, image.name, context.platform); });
  if (!resolved && resolved.error().code() == Errc::unsupported) return report;  // an artifact
  if (!resolved && options.all_platforms && resolved.error().code() == Errc::not_found) {
    report.warnings.push_back(resolved.error().to_string() + ", not unpacked");
    return report;
  }
  BAYPLAN_ASSIGN(const ResolvedImage unpacked,
                 unpack(store, ns, image.name, context.platform, control, options.limits));
  report.chain_id = unpacked.chain_id;
  return report;
}

}  // namespace bayplan::images
