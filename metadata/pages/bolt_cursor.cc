#include "pages/bolt_cursor.h"

namespace bayplan::metadata::bolt {
namespace {

// bolt's trees of billions of keys have a dozen levels.
constexpr std::size_t kMostLevels = 64;

}  // namespace

Result<void> Cursor::enter_root() {
  BAYPLAN_TRY(lifeline_.check());
  levels_.clear();
  behind_ = false;
  BAYPLAN_ASSIGN(BucketRecord record, reader_->bucket(bucket_));
  Page::Pointer page = std::move(record.inline_page);
  if (page == nullptr) {
    BAYPLAN_ASSIGN(page, reader_->page(record.root, bucket_, {}));
  }
  if (!page->is_leaf() && page->elements().empty())
    return damaged(page->number(), "a branch that leads nowhere");
  levels_.push_back({std::move(page)});
  return {};
}

// Into the child that the innermost level stands on.
Result<void> Cursor::enter_child() {
  const Level& level = levels_.back();
  const auto& elements = level.page->elements();
  if (element().problem != nullptr) return level.page->damaged_element(level.index);
  if (levels_.size() == kMostLevels) return damaged(level.page->number(), "lies too deep");
  Bounds bounds{element().key, level.end};
  for (std::size_t i = level.index + 1; i < elements.size(); ++i) {
    if (elements[i].problem != nullptr) continue;
    bounds.end = elements[i].key;
    break;
  }
  const std::uint64_t owner = place_of(level.page->number(), level.index);
  BAYPLAN_ASSIGN(Page::Pointer page, reader_->page(element().child, owner, bounds));
  if (page->elements().empty()) return damaged(page->number(), "an empty page inside a tree");
  std::string end(bounds.end);
  levels_.push_back({std::move(page), std::move(end)});
  return {};
}

Cursor::Answer Cursor::entry() {
  const Level& level = levels_.back();
  if (element().problem != nullptr) return level.page->damaged_element(level.index);
  Entry entry{reader_->arena().keep(element().key), {}, element().is_bucket};
  if (entry.is_bucket) {
    entry.bucket = BucketHandle{place_of(level.page->number(), level.index)};
  } else {
    BAYPLAN_ASSIGN(entry.value, level.page->value(reader_->file(), level.index, reader_->arena()));
  }
  return std::optional(entry);
}

Result<void> Cursor::descend(Direction direction) {
  while (!levels_.back().page->is_leaf()) {
    BAYPLAN_TRY(enter_child());
    Level& level = levels_.back();
    level.index = direction == Direction::forward ? 0 : level.page->elements().size() - 1;
  }
  return {};
}

// False at the end, where it stays.
Result<bool> Cursor::move(Direction direction) {
  BAYPLAN_TRY(lifeline_.check());
  const auto has_room = [&](const Level& level) {
    return direction == Direction::forward ? level.index + 1 < level.page->elements().size()
                                           : level.index > 0;
  };
  std::size_t depth = levels_.size();
  while (depth > 0 && !has_room(levels_[depth - 1])) --depth;
  if (depth == 0) return false;
  levels_.resize(depth);
  std::size_t& index = levels_.back().index;
  index = direction == Direction::forward ? index + 1 : index - 1;
  BAYPLAN_TRY(descend(direction));
  return true;
}

Cursor::Answer Cursor::step(Direction direction) {
  BAYPLAN_ASSIGN(const bool moved, move(direction));
  return moved ? entry() : std::optional<Entry>{};
}

Cursor::Answer Cursor::end(Direction direction) {
  BAYPLAN_TRY(enter_root());
  Level& root = levels_.back();
  const std::size_t count = root.page->elements().size();
  if (count == 0) return std::optional<Entry>{};
  root.index = direction == Direction::forward ? 0 : count - 1;
  BAYPLAN_TRY(descend(direction));
  return entry();
}

// To the first key >= `key` of the leaf that `key` belongs to; false when all of that are smaller, and it
// stands on the last.
Result<bool> Cursor::locate(std::string_view key) {
  BAYPLAN_TRY(enter_root());
  while (true) {
    Level& level = levels_.back();
    const Page::Place place = level.page->find(key);
    const std::size_t count = level.page->elements().size();
    const bool found = place.index < count;
    level.index = found || count == 0 ? place.index : count - 1;
    if (place.doubtful) return level.page->damaged_element(level.index);
    if (level.page->is_leaf()) return found;
    BAYPLAN_TRY(enter_child());
  }
}

Cursor::Answer Cursor::seek(std::string_view key) {
  BAYPLAN_ASSIGN(const bool found, locate(key));
  if (found) return entry();
  if (levels_.back().page->elements().empty()) return std::optional<Entry>{};
  Answer answer = step(Direction::forward);
  behind_ = answer && !*answer;
  return answer;
}

// The page behind the one that `key` belongs to is looked at as well: it could begin with a smaller key than
// its parent says.
Cursor::Answer Cursor::find(std::string_view key) {
  BAYPLAN_ASSIGN(const bool found, locate(key));
  if (found) return element().key == key ? entry() : std::optional<Entry>{};
  if (levels_.back().page->elements().empty()) return std::optional<Entry>{};
  BAYPLAN_ASSIGN(const bool moved, move(Direction::forward));
  if (moved && element().problem != nullptr)
    return levels_.back().page->damaged_element(levels_.back().index);
  return std::optional<Entry>{};
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
