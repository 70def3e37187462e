#include "pages/store_inline.h"

#include "byte_order.h"

namespace bayplan::metadata {

Entry InlineBytes::entry(const InlineEntry& found, Arena& arena) const {
  Entry entry{arena.keep(found.key), {}, found.is_bucket, revision};
  if (!found.is_bucket) {
    entry.value = arena.keep(found.value);
    return entry;
  }
  InlinePlace inside = place;
  inside.offset = static_cast<std::size_t>(found.key.data() - row.data()) - InlineScan::kHeaderBytes;
  entry.bucket = inside.handle(revision);
  return entry;
}

Result<InlineBytes> read_inline(lmdb::Reader& reader, const InlinePlace& place) {
  InlineBytes bucket;
  bucket.place = place;
  BAYPLAN_ASSIGN(bucket.page, reader.host_page(place.page));
  if (!bucket.page->is_leaf() || place.index >= bucket.page->elements().size() ||
      bucket.page->node(place.index).flags != 0) {
    return damaged_page(place.page, "holds no inline bucket");
  }
  BAYPLAN_ASSIGN(const std::string_view stored, reader.data(*bucket.page, place.index));
  BAYPLAN_ASSIGN(const Row row, decode_row(bucket.page->elements()[place.index].key, stored));
  if (row.tag != Tag::inline_bucket || row.payload.size() > kMaxInlineBytes)
    return damaged_page(place.page, "holds no inline bucket");
  BAYPLAN_TRY(inline_depth(row.payload));
  bucket.row = row.payload;
  bucket.bytes = row.payload;
  bucket.revision = row.revision;
  if (place.offset == InlinePlace::kWholeRow) return bucket;
  InlineEntry entry;
  if (place.offset >= row.payload.size() || !InlineScan(row.payload.substr(place.offset)).next(entry) ||
      !entry.is_bucket) {
    return damaged_page(place.page, "holds no such inline bucket");
  }
  bucket.bytes = entry.value;
  return bucket;
}

Result<void> StoreInlineCursor::ready() {
  BAYPLAN_TRY(lifeline_.check());
  if (bucket_.page != nullptr) return {};
  BAYPLAN_ASSIGN(bucket_, read_inline(*reader_, place_));
  return {};
}

Result<std::optional<Entry>> StoreInlineCursor::answer(Result<std::optional<InlineEntry>> found) {
  BAYPLAN_ASSIGN(const auto inside, std::move(found));
  if (!inside) return std::optional<Entry>{};
  position_.emplace(inside->key);
  return std::optional(bucket_.entry(*inside, reader_->arena()));
}

Result<std::optional<Entry>> StoreInlineCursor::first() {
  BAYPLAN_TRY(ready());
  position_.emplace();
  return answer(inline_after(bucket_.bytes, {}, true));
}

Result<std::optional<Entry>> StoreInlineCursor::last() {
  BAYPLAN_TRY(ready());
  position_.emplace();
  return answer(inline_before(bucket_.bytes, {}));
}

Result<std::optional<Entry>> StoreInlineCursor::next() {
  BAYPLAN_TRY(lifeline_.check());
  if (!position_) return std::optional<Entry>{};
  return answer(inline_after(bucket_.bytes, *position_, false));
}

Result<std::optional<Entry>> StoreInlineCursor::prev() {
  BAYPLAN_TRY(lifeline_.check());
  if (!position_) return std::optional<Entry>{};
  return answer(inline_before(bucket_.bytes, *position_));
}

Result<std::optional<Entry>> StoreInlineCursor::seek(std::string_view key) {
  BAYPLAN_TRY(ready());
  position_.emplace(key);
  return answer(inline_after(bucket_.bytes, key, true));
}

}  // namespace bayplan::metadata
