// Image records: a name for a target descriptor. In the caller's transaction; all-or-nothing each.
// Semantics and errors as containerd's image store (core/metadata/images.go).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/descriptor.h"
#include "bayplan/base/field_mask.h"
#include "bayplan/base/labels.h"
#include "bayplan/base/time.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/labels_view.h"
#include "bayplan/metadata/list.h"

namespace bayplan::images {

struct Image {
  std::string name;
  Descriptor target;  ///< digest, media type, size and annotations are stored
  Labels labels;
  Time created{};
  Time updated{};

  friend bool operator==(const Image&, const Image&) = default;
};

/// An image where it is stored, without a copy. Views live as the source that it was read from says
/// (transactions: until they end, whatever is written in them meanwhile).
struct ImageView {
  std::string_view name{};
  std::string_view digest{};  ///< the target's; Digest::parse takes it
  std::string_view media_type{};
  std::uint64_t size = 0;  ///< of the target, bytes
  metadata::LabelsView annotations{};
  metadata::LabelsView labels{};
  Time created{};
  Time updated{};

  /// A copy that outlives the source.
  Image own() const;
};

}  // namespace bayplan::images
// No closure answers one: tx.h.
template <>
struct bayplan::metadata::internal::Held<bayplan::images::ImageView> {
  using type = std::string_view;
};
namespace bayplan::images {

/// What an image record may be called: printable UTF-8 without control characters, 1..kMaxKeyBytes bytes.
/// Looser than a reference, as in containerd's image store. Errors: invalid_argument.
Result<void> validate_image_name(std::string_view name);

/// For who looks at an image inside the transaction: get() without the copy. Errors: not_found,
/// corrupt, closed, io.
Result<ImageView> view(const metadata::BucketSource& source, std::string_view ns, std::string_view name);
/// Errors: not_found, corrupt, closed, io.
Result<Image> get(const metadata::BucketSource& source, std::string_view ns, std::string_view name);
/// The target's content need not be there, though a check reports it. created and updated are set to now.
/// Labels and annotations with empty values are not stored. An image that expires (kGcExpireLabel) is taken
/// up by `lease`, unless that is empty. Errors: already_exists, invalid_argument (name, labels, an annotation
/// without key, size 0, no media type), not_found (the lease), and those of MutableBucket.
Result<void> create(metadata::WriteTx& tx, std::string_view ns, const Image& image,
                    std::string_view lease = {});
/// Takes what `mask` names ("labels", "labels.K", "target" with its annotations, "annotations",
/// "annotations.K"; empty: all of that) from `image`, keeps the rest and created, sets updated; `lease` as
/// create has it. Answers the record as it is now. Errors: not_found (image, lease), invalid_argument (as
/// create; another path), and those of MutableBucket.
Result<Image> update(metadata::WriteTx& tx, std::string_view ns, const Image& image,
                     const FieldMask& mask = {}, std::string_view lease = {});
/// With `target`, only an image that points at it. Errors: not_found, and those of MutableBucket.
Result<void> remove(metadata::WriteTx& tx, std::string_view ns, std::string_view name,
                    const std::optional<Digest>& target = {});
/// Name order; `visit` may change and remove images, this one too. A record that does not decode is an error
/// naming it. Errors: visit's, corrupt, closed, io.
Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const ImageView&)>& visit);

/// What images are filtered by (metadata/filter.h): name, target.digest, target.mediatype, size, createdat,
/// updatedat, labels.K, annotations.K.
metadata::FieldTable image_fields() noexcept;
/// The images that match, in name order; `visit` may change and remove images. What it answers with the codes
/// corrupt and version_mismatch counts as damage of the record: it goes to `problem`. Errors: as
/// metadata::list.
Result<metadata::ListEnd> list(const metadata::BucketSource& source, std::string_view ns,
                               const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                               const std::function<Result<void>(const ImageView&)>& visit,
                               const metadata::ListProblem& problem = {});

/// kind() "image"; keys are names; every image without an expired containerd.io/gc.expire is a root.
const metadata::GcKind& image_gc_kind();

}  // namespace bayplan::images
