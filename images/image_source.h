// Where the bytes of an import come from: a layout directory or an archive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bayplan/base/progress.h"
#include "bayplan/content/store.h"
#include "bayplan/images/documents.h"

namespace bayplan::images {

/// Blobs by digest. Not thread-safe. Nothing it answers is believed before it was hashed.
class ImageSource {
 public:
  virtual ~ImageSource() = default;

  /// Bytes of a blob; empty when the source does not hold it (a sparse layout is legal).
  /// Errors: invalid_argument (not a regular file), digest_mismatch (known to hold other bytes), io.
  virtual Result<std::optional<std::uint64_t>> size(const Digest& digest) const = 0;

  /// The whole of a small blob that is there, of the size and digest its descriptor says.
  /// Errors: not_found, too_large (over kMaxDocumentBytes), digest_mismatch, invalid_argument, io.
  virtual Result<std::string> document(const Descriptor& descriptor) const = 0;

  /// The bytes of a blob that is there, on their way into the store: publishing checks them. At most once for
  /// each digest. Errors: cancelled, and those of Store::ingest, Ingest::write and document.
  virtual Result<content::Ingest> ingest(const Descriptor& descriptor, const Control& control) = 0;
};

/// Something in a source that can become an image: an entry of index.json or of manifest.json.
struct SourceImage {
  Descriptor target;
  std::vector<std::string> names{};  ///< as the source gives them, unchecked
};

/// Errors: too_large, digest_mismatch.
Result<void> check_document(const Descriptor& descriptor, std::string_view bytes);
/// The limit of `check_document`, for use before reading. Errors: too_large.
Result<void> check_document_size(const Descriptor& descriptor);

}  // namespace bayplan::images
