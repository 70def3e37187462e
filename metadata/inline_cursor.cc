#include "inline_cursor.h"

namespace bayplan::metadata {

Result<std::optional<Extent>> InlineCursor::inlined() {
  BAYPLAN_TRY(lifeline_.check());
  Extent extent;
  BAYPLAN_TRY(state_->extent(bucket_, extent));
  if (extent.inline_bytes) {
    rows_.reset();  // a savepoint in which it got rows was undone
    return std::optional(extent);
  }
  if (!rows_) rows_ = std::make_unique<TreeCursor>(*state_, lifeline_, bucket_, extent.rows_id, position_);
  return std::optional<Extent>{};
}

Result<std::optional<Entry>> InlineCursor::answer(const Extent& extent,
                                                  Result<std::optional<InlineEntry>> found) {
  BAYPLAN_ASSIGN(const auto inside, std::move(found));
  if (!inside) return std::optional<Entry>{};
  position_.emplace(inside->key);
  Entry entry{state_->keep(inside->key), {}, inside->is_bucket, extent.revision};
  if (!entry.is_bucket) entry.value = state_->keep(inside->value);
  return entry;
}

Result<std::optional<Entry>> InlineCursor::remember(Result<std::optional<Entry>> found) {
  if (found && *found) position_.emplace((*found)->key);
  return found;
}

Result<std::optional<Entry>> InlineCursor::first() {
  BAYPLAN_ASSIGN(const auto extent, inlined());
  position_.emplace();
  return extent ? answer(*extent, inline_after(*extent->inline_bytes, {}, true)) : remember(rows_->first());
}

Result<std::optional<Entry>> InlineCursor::last() {
  BAYPLAN_ASSIGN(const auto extent, inlined());
  position_.emplace();
  return extent ? answer(*extent, inline_before(*extent->inline_bytes, {})) : remember(rows_->last());
}

Result<std::optional<Entry>> InlineCursor::next() {
  BAYPLAN_ASSIGN(const auto extent, inlined());
  if (!extent) return remember(rows_->next());
  if (!position_) return std::optional<Entry>{};
  return answer(*extent, inline_after(*extent->inline_bytes, *position_, false));
}

Result<std::optional<Entry>> InlineCursor::prev() {
  BAYPLAN_ASSIGN(const auto extent, inlined());
  if (!extent) return remember(rows_->prev());
  if (!position_) return std::optional<Entry>{};
  return answer(*extent, inline_before(*extent->inline_bytes, *position_));
}

Result<std::optional<Entry>> InlineCursor::seek(std::string_view key) {
  BAYPLAN_ASSIGN(const auto extent, inlined());
  position_.emplace(key);
  return extent ? answer(*extent, inline_after(*extent->inline_bytes, key, true))
                : remember(rows_->seek(key));
}

Result<void> FixedInlineCursor::ready() const {
  BAYPLAN_TRY(lifeline_.check());
  return state_->usable();
}

Entry inline_entry(const InlineEntry& found, std::uint64_t revision) {
  if (found.is_bucket) return {found.key, {}, true, revision, BucketHandle{0, found.value, revision}};
  return {found.key, found.value, false, revision};
}

Result<std::optional<Entry>> FixedInlineCursor::scan_on() {
  InlineEntry found;
  while (behind_->next(found)) {
    if (found.key.empty()) continue;
    position_ = found.key;
    return inline_entry(found, revision_);
  }
  if (behind_->damaged()) return inline_damage();
  return std::optional<Entry>{};
}

Result<std::optional<Entry>> FixedInlineCursor::jump(Result<std::optional<InlineEntry>> found) {
  BAYPLAN_ASSIGN(const auto inside, std::move(found));
  behind_.reset();
  if (!inside) return std::optional<Entry>{};
  position_ = inside->key;
  return inline_entry(*inside, revision_);
}

Result<std::optional<Entry>> FixedInlineCursor::first() {
  BAYPLAN_TRY(ready());
  position_ = "";
  behind_.emplace(bytes_);
  return scan_on();
}

Result<std::optional<Entry>> FixedInlineCursor::last() {
  BAYPLAN_TRY(ready());
  position_ = "";
  return jump(inline_before(bytes_, {}));
}

Result<std::optional<Entry>> FixedInlineCursor::next() {
  BAYPLAN_TRY(ready());
  if (!position_) return std::optional<Entry>{};
  return behind_ ? scan_on() : jump(inline_after(bytes_, *position_, false));
}

Result<std::optional<Entry>> FixedInlineCursor::prev() {
  BAYPLAN_TRY(ready());
  if (!position_) return std::optional<Entry>{};
  return jump(inline_before(bytes_, *position_));
}

Result<std::optional<Entry>> FixedInlineCursor::seek(std::string_view key) {
  BAYPLAN_TRY(ready());
  sought_.emplace(key);
  position_ = *sought_;
  return jump(inline_after(bytes_, key, true));
}

}  // namespace bayplan::metadata
