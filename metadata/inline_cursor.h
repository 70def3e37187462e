// Cursors of inline buckets.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cursor.h"

namespace bayplan::metadata {

/// What was found in a row of commit `revision` whose bytes stay where they are.
Entry inline_entry(const InlineEntry& found, std::uint64_t revision);

/// In a write transaction. Goes on in its rows when the bucket outgrows its parent's row meanwhile.
class InlineCursor final : public BucketCursor {
 public:
  InlineCursor(ReadState& state, const Lifeline& lifeline, const BucketHandle& bucket)
      : state_(&state), lifeline_(lifeline), bucket_(bucket) {}

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
  Lifeline lifeline_;
  BucketHandle bucket_;
  std::unique_ptr<TreeCursor> rows_;
  std::optional<std::string> position_;  // the key last answered or sought
};

/// In a read transaction, where the bytes stay as and where they are.
class FixedInlineCursor final : public BucketCursor {
 public:
  FixedInlineCursor(const ReadState& state, const Lifeline& lifeline, const BucketHandle& bucket)
      : state_(&state),
        lifeline_(lifeline),
        bytes_(bucket.inline_bytes.value_or("")),
        revision_(bucket.revision) {}

  Result<std::optional<Entry>> first() override;
  Result<std::optional<Entry>> last() override;
  Result<std::optional<Entry>> next() override;
  Result<std::optional<Entry>> prev() override;
  Result<std::optional<Entry>> seek(std::string_view key) override;

 private:
  Result<void> ready() const;
  Result<std::optional<Entry>> scan_on();
  Result<std::optional<Entry>> jump(Result<std::optional<InlineEntry>> found);

  const ReadState* state_;
  Lifeline lifeline_;
  std::string_view bytes_;
  std::uint64_t revision_;
  std::optional<std::string> sought_{};         // what position_ views after a seek
  std::optional<std::string_view> position_{};  // the key last answered or sought
  std::optional<InlineScan> behind_{};          // goes on behind position_
};

}  // namespace bayplan::metadata
