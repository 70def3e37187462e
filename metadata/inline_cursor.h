// The cursor of an inline bucket. Goes on in its rows when the bucket outgrows its parent's row meanwhile.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cursor.h"

namespace bayplan::metadata {

class InlineCursor final : public BucketCursor {
 public:
  InlineCursor(ReadState& state, const BucketHandle& bucket) : state_(&state), bucket_(bucket) {}

  Result<std::optional<Entry>> first() override;
  Result<std::optional<Entry>> last() override;
  Result<std::optional<Entry>> next() override;
  Result<std::optional<Entry>> prev() override;
  Result<std::optional<Entry>> seek(std::string_view key) override;

 private:
  // The bucket's bytes; empty once it has rows, which rows_ walks.
  Result<std::optional<Extent>> inlined();
  Result<std::optional<Entry>> remember(Result<std::optional<Entry>> found);
  Result<std::optional<Entry>> answer(const Extent& extent, Result<std::optional<InlineEntry>> found);

  ReadState* state_;
  BucketHandle bucket_;
  std::unique_ptr<TreeCursor> rows_;
  std::optional<std::string> position_;  // the key last answered or sought
};

}  // namespace bayplan::metadata
