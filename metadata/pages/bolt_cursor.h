// The cursor of a bucket in a bolt file.
#pragma once

#include <vector>

#include "pages/bolt_reader.h"

namespace bayplan::metadata::bolt {

class Cursor final : public BucketCursor {
 public:
  Cursor(Reader& reader, const Lifeline& lifeline, std::uint64_t bucket)
      : reader_(&reader), lifeline_(lifeline), bucket_(bucket) {}

  Result<std::optional<Entry>> first() override;
  Result<std::optional<Entry>> last() override;
  Result<std::optional<Entry>> next() override;
  Result<std::optional<Entry>> prev() override;
  Result<std::optional<Entry>> seek(std::string_view key) override;

  /// The entry of exactly `key`.
  Result<std::optional<Entry>> find(std::string_view key);

 private:
  using Answer = Result<std::optional<Entry>>;
  enum class Direction { forward, backward };
  struct Level {
    Page::Pointer page;
    std::string end{};  // all its keys are smaller; empty: not known
    std::size_t index = 0;
  };

  Result<void> enter_root();
  Result<void> enter_child();
  Result<bool> locate(std::string_view key);
  Result<bool> move(Direction direction);
  Result<void> descend(Direction direction);
  Answer end(Direction direction);
  Answer step(Direction direction);
  Answer entry();
  const Element& element() const noexcept { return levels_.back().page->elements()[levels_.back().index]; }

  Reader* reader_;
  Lifeline lifeline_;
  std::uint64_t bucket_;
  std::vector<Level> levels_;  // from the root on; empty: not positioned
  bool behind_ = false;        // seek() found nothing: it stands behind the last key
};

}  // namespace bayplan::metadata::bolt
