#include "pages/bolt_cursor.h"

namespace bayplan::metadata::bolt {

Result<Page::Pointer> Cursor::root() {
  BAYPLAN_TRY(lifeline_.check());
  walk_.leave();
  behind_ = false;
  BAYPLAN_ASSIGN(BucketRecord record, reader_->bucket(bucket_));
  if (record.inline_page != nullptr) return std::move(record.inline_page);
  return reader_->page(record.root, bucket_, {});
}

Cursor::Answer Cursor::entry() {
  BAYPLAN_TRY(walk_.sound());
  const Element& element = walk_.element();
  Entry entry{reader_->arena().keep(element.key), {}, element.is_bucket};
  if (entry.is_bucket) {
    entry.bucket = BucketHandle{place_of(walk_.page()->number(), walk_.index())};
  } else {
    BAYPLAN_ASSIGN(entry.value, walk_.page()->value(reader_->file(), walk_.index(), reader_->arena()));
  }
  return std::optional(entry);
}

Cursor::Answer Cursor::step(Direction direction) {
  BAYPLAN_TRY(lifeline_.check());
  BAYPLAN_ASSIGN(const bool moved, walk_.move(direction));
  return moved ? entry() : std::optional<Entry>{};
}

Cursor::Answer Cursor::end(Direction direction) {
  BAYPLAN_ASSIGN(Page::Pointer page, root());
  BAYPLAN_ASSIGN(const bool found, walk_.end(std::move(page), direction));
  return found ? entry() : std::optional<Entry>{};
}

Cursor::Answer Cursor::seek(std::string_view key) {
  BAYPLAN_ASSIGN(Page::Pointer page, root());
  BAYPLAN_ASSIGN(const bool found, walk_.seek(std::move(page), key));
  if (found) return entry();
  behind_ = !walk_.page()->elements().empty();
  return std::optional<Entry>{};
}

Cursor::Answer Cursor::find(std::string_view key) {
  BAYPLAN_ASSIGN(Page::Pointer page, root());
  BAYPLAN_ASSIGN(const bool found, walk_.seek(std::move(page), key));
  return found && walk_.element().key == key ? entry() : std::optional<Entry>{};
}

Cursor::Answer Cursor::first() { return end(Direction::forward); }
Cursor::Answer Cursor::last() { return end(Direction::backward); }

Cursor::Answer Cursor::next() {
  if (behind_) return std::optional<Entry>{};
  return step(Direction::forward);
}

Cursor::Answer Cursor::prev() {
  if (!std::exchange(behind_, false)) return step(Direction::backward);
  BAYPLAN_TRY(lifeline_.check());
  return entry();
}

}  // namespace bayplan::metadata::bolt
