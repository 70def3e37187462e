// Where the bytes of an import come from: a layout directory or an archive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bayplan/base/progress.h"
#include "bayplan/content/store.h"
#include "bayplan/images/documents.h"

namespace bayplan::images {

/// Blobs by digest. Not thread-safe, but for what open() answers, which each have a thread of their own.
/// Nothing it answers is believed before it was hashed.
class ImageSource {
 public:
  virtual ~ImageSource() = default;

  /// Bytes of a blob; empty when the source does not hold it (a sparse layout is legal). What cannot tell
  /// without reading it believes the descriptor.
  /// Errors: invalid_argument (not a regular file), digest_mismatch (known to hold other bytes), io.
  virtual Result<std::optional<std::uint64_t>> size(const Descriptor& descriptor) const = 0;

  /// The whole of a small blob that is there, of the size and digest its descriptor says.
  /// Errors: not_found, too_large (over kMaxDocumentBytes), digest_mismatch, invalid_argument, io.
  virtual Result<std::string> document(const Descriptor& descriptor) const = 0;

  /// The bytes of a blob that is there and was not spooled; unchecked. Must not outlive this.
  /// Errors: not_found, invalid_argument (not a regular file), and those of document; of read(): io.
  virtual Result<std::unique_ptr<ByteSource>> open(const Descriptor& descriptor) const = 0;

  /// Bytes that went to the store before it was known what they are; empty where there are none. At most once
  /// for each digest.
  virtual std::optional<content::Ingest> take_spooled(const Digest& digest);
};

/// Something in a source that can become an image: an entry of index.json or of manifest.json.
struct SourceImage {
  Descriptor target;
  std::vector<std::string> names{};  ///< as the source gives them, unchecked
};

/// Writes the whole of a blob to the store; publishing checks it. At most once for each digest.
/// Errors: cancelled, those of ImageSource::open, Store::ingest and Ingest::write.
Result<content::Ingest> ingest(ImageSource& source, const Descriptor& descriptor, content::Store& blobs,
                               const Control& control);

/// Errors: too_large, digest_mismatch.
Result<void> check_document(const Descriptor& descriptor, std::string_view bytes);
/// The limit of `check_document`, for use before reading. Errors: too_large.
Result<void> check_document_size(const Descriptor& descriptor);

}  // namespace bayplan::images
