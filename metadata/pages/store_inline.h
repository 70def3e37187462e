// Inline buckets of a store's file.
#pragma once

#include <string>

#include "bayplan/metadata/bucket_source.h"
#include "inline_bucket.h"
#include "pages/store_rows.h"

namespace bayplan::metadata {

/// The bytes of an inline bucket, and the page that they lie on.
struct InlineBytes {
  lmdb::Page::Pointer page{};
  std::string_view row{};    ///< payload of the row
  std::string_view bytes{};  ///< of the bucket, inside it
  InlinePlace place{};       ///< of the row
  std::uint64_t revision = 0;

  /// `found` inside it, as an entry; key and value in `arena`.
  Entry entry(const InlineEntry& found, Arena& arena) const;
};
/// Errors: corrupt, io.
Result<InlineBytes> read_inline(lmdb::Reader& reader, const InlinePlace& place);

class StoreInlineCursor final : public BucketCursor {
 public:
  StoreInlineCursor(lmdb::Reader& reader, const Lifeline& lifeline, const InlinePlace& place)
      : reader_(&reader), lifeline_(lifeline), place_(place) {}

  Result<std::optional<Entry>> first() override;
  Result<std::optional<Entry>> last() override;
  Result<std::optional<Entry>> next() override;
  Result<std::optional<Entry>> prev() override;
  Result<std::optional<Entry>> seek(std::string_view key) override;

 private:
  Result<void> ready();
  Result<std::optional<Entry>> answer(Result<std::optional<InlineEntry>> found);

  lmdb::Reader* reader_;
  Lifeline lifeline_;
  InlinePlace place_;
  InlineBytes bucket_;
  std::optional<std::string> position_{};  // the key last answered or sought
};

}  // namespace bayplan::metadata
