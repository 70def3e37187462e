// The cursor of a bucket in a bolt file.
#pragma once

#include "pages/bolt_reader.h"

namespace bayplan::metadata::bolt {

class Cursor final : public BucketCursor {
 public:
  Cursor(Reader& reader, const Lifeline& lifeline, std::uint64_t bucket)
      : reader_(&reader), lifeline_(lifeline), bucket_(bucket), walk_(reader) {}

  Result<std::optional<Entry>> first() override;
  Result<std::optional<Entry>> last() override;
  Result<std::optional<Entry>> next() override;
  Result<std::optional<Entry>> prev() override;
  Result<std::optional<Entry>> seek(std::string_view key) override;

  /// The entry of exactly `key`.
  Result<std::optional<Entry>> find(std::string_view key);

 private:
  using Answer = Result<std::optional<Entry>>;

  Result<Page::Pointer> root();
  Answer end(Direction direction);
  Answer step(Direction direction);
  Answer entry();

  Reader* reader_;
  Lifeline lifeline_;
  std::uint64_t bucket_;
  TreeWalk<Reader> walk_;
  bool behind_ = false;  // seek() found nothing: it stands behind the last key
};

}  // namespace bayplan::metadata::bolt
