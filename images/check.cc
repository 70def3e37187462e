#include "bayplan/images/check.h"

#include <algorithm>
#include <set>

#include "bayplan/content/verify.h"
#include "bayplan/images/resolve.h"
#include "image_parts.h"
#include "source_filters.h"

namespace bayplan::images {
namespace {

Result<bool> has_file(Store& store, const Descriptor& blob) {
  const auto reader = store.blobs().open_blob(blob.digest, blob.size, content::Verify::no);
  if (reader) return true;
  if (content::is_damage(reader.error())) return false;
  return reader.error();
}

class Checker {
 public:
  Checker(Store& store, const metadata::BucketSource& source, std::string_view ns)
      : store_(store), source_(source), ns_(ns) {}

  Result<PlatformCheck> check(const ManifestParts& parts) {
    PlatformCheck result{.manifest = parts.manifest.descriptor};
    if (parts.platform) result.platform = normalize(*parts.platform);
    BAYPLAN_TRY(count(parts.manifest, result));
    for (const ImagePart& blob : parts.blobs) BAYPLAN_TRY(count(blob, result));
    if (parts.config) BAYPLAN_TRY(count_snapshots(*parts.config, result));
    return result;
  }

 private:
  Result<void> count(const ImagePart& part, PlatformCheck& result) {
    ++result.blobs;
    result.bytes += part.descriptor.size;
    BAYPLAN_ASSIGN(const bool file, has_file(store_, part.descriptor));
    if (!part.present || !part.readable || !file) result.missing.push_back(part.descriptor);
    return {};
  }

  Result<void> count_snapshots(const ImageConfig& config, PlatformCheck& result) {
    result.layers = config.diff_ids.size();
    for (const Digest& chain_id : chain_ids(config.diff_ids)) {
      const auto info = store_.snapshotter().stat(source_, ns_, chain_id.to_string());
      if (!info && info.error().code() != Errc::not_found) return info.error();
      if (info && info->kind == snapshots::Kind::committed) ++result.unpacked;
    }
    return {};
  }

  Store& store_;
  const metadata::BucketSource& source_;
  std::string_view ns_;
};

/// Every blob of the image once.
std::vector<ImagePart> all_parts(const ImageParts& parts) {
  std::vector<ImagePart> all;
  std::set<Digest> seen;
  const auto add = [&](const ImagePart& part) {
    if (seen.insert(part.descriptor.digest).second) all.push_back(part);
  };
  for (const ImagePart& index : parts.indexes) add(index);
  for (const ManifestParts& manifest : parts.manifests) {
    add(manifest.manifest);
    for (const ImagePart& blob : manifest.blobs) add(blob);
  }
  for (const ImagePart& other : parts.others) add(other);
  return all;
}

Result<void> hash(Store& store, const Descriptor& blob, const Control& control) {
  BAYPLAN_ASSIGN(content::BlobReader reader,
                 store.blobs().open_blob(blob.digest, blob.size, content::Verify::yes));
  ProgressSource source(reader, control, "verify", blob.digest.to_string(), blob.size);
  std::vector<std::byte> buffer(std::size_t{256} << 10);
  for (;;) {
    BAYPLAN_ASSIGN(const std::size_t count, source.read(buffer));
    if (count == 0) return {};
  }
}

}  // namespace

Result<ImageCheck> check_image(Store& store, const metadata::BucketSource& source, std::string_view ns,
                               std::string_view name_or_reference) {
  BAYPLAN_ASSIGN(Image image, find(source, ns, name_or_reference));
  BAYPLAN_ASSIGN(const ImageParts parts,
                 image_parts(store, source, ns, image.target).with_context("image", image.name));
  ImageCheck result{.image = std::move(image)};
  for (const ImagePart& index : parts.indexes) {
    if (!index.readable) result.missing_indexes.push_back(index.descriptor);
  }
  Checker checker(store, source, ns);
  for (const ManifestParts& manifest : parts.manifests) {
    BAYPLAN_ASSIGN(PlatformCheck platform, checker.check(manifest));
    result.platforms.push_back(std::move(platform));
  }
  return result;
}

Result<ImageVerification> verify_image(Store& store, std::string_view ns, std::string_view name_or_reference,
                                       const Control& control) {
  std::vector<ImagePart> parts;
  BAYPLAN_ASSIGN(Image image, store.db().view([&](const metadata::ReadTx& tx) -> Result<Image> {
    BAYPLAN_ASSIGN(Image found, find(tx, ns, name_or_reference));
    BAYPLAN_ASSIGN(const ImageParts of_image,
                   image_parts(store, tx, ns, found.target).with_context("image", found.name));
    parts = all_parts(of_image);
    return found;
  }));
  ImageVerification result{.image = std::move(image)};
  for (const ImagePart& part : parts) {
    if (!part.present) {
      result.absent.push_back(part.descriptor);
      continue;
    }
    auto hashed = hash(store, part.descriptor, control);
    if (hashed) {
      ++result.blobs;
      result.bytes += part.descriptor.size;
    } else if (content::is_damage(hashed.error())) {
      result.damaged.push_back({part.descriptor, std::move(hashed).error()});
    } else {
      return std::move(hashed).error();
    }
  }
  return result;
}

}  // namespace bayplan::images
