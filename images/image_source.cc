#include "image_source.h"

#include "media_type.h"
#include "source_filters.h"

namespace bayplan::images {

std::optional<content::Ingest> ImageSource::take_spooled(const Digest&) { return std::nullopt; }

Result<content::Ingest> ingest(ImageSource& source, const Descriptor& descriptor, content::Store& blobs,
                               const Control& control) {
  BAYPLAN_TRY(control.cancel.check());
  if (auto spooled = source.take_spooled(descriptor.digest)) return *std::move(spooled);
  BAYPLAN_ASSIGN(const auto bytes, source.open(descriptor));
  BAYPLAN_ASSIGN(content::Ingest ingest,
                 blobs.ingest({.digest = descriptor.digest, .size = descriptor.size}));
  ProgressSource reported(*bytes, control, "ingest", descriptor.digest.to_string(), descriptor.size);
  BAYPLAN_TRY(copy(reported, ingest));
  return ingest;
}

Result<void> check_document_size(const Descriptor& descriptor) {
  if (descriptor.size <= kMaxDocumentBytes) return {};
  return Error(Errc::too_large, "document", descriptor.digest.to_string(),
               std::to_string(descriptor.size) + " bytes, more than " + std::to_string(kMaxDocumentBytes));
}

Result<void> check_document(const Descriptor& descriptor, std::string_view bytes) {
  BAYPLAN_TRY(check_document_size(descriptor));
  const Digest actual = Digest::of(bytes, descriptor.digest.algorithm());
  if (bytes.size() == descriptor.size && actual == descriptor.digest) return {};
  return Error(Errc::digest_mismatch, "document", descriptor.digest.to_string(), "got " + actual.to_string());
}

Result<void> check_image_document(const Descriptor& descriptor, std::string_view json) {
  const std::string name = descriptor.digest.to_string();
  const std::string& type = descriptor.media_type;
  if (is_schema1(type)) return schema1_error();
  switch (media_kind(type)) {
    case MediaKind::index:
      BAYPLAN_TRY(parse_index(json, type, name));
      return {};
    case MediaKind::manifest:
      BAYPLAN_TRY(parse_manifest(json, type, name));
      return {};
    default:
      return Error(Errc::unsupported, "blob", name, "neither a manifest nor an index (" + type + ")");
  }
}

}  // namespace bayplan::images
