#include "bayplan/metadata/labels_view.h"

#include <utility>

#include "inline_bucket.h"

namespace bayplan::metadata {

LabelsView::LabelsView(std::vector<Item> items)
    : items_(std::make_shared<const std::vector<Item>>(std::move(items))), size_(items_->size()) {}

LabelsView::Iterator LabelsView::begin() const noexcept {
  Iterator first;
  first.rest_ = bytes_;
  first.next_ = items_ ? items_->data() : nullptr;
  first.left_ = size_;
  first.step();
  return first;
}

void LabelsView::Iterator::step() noexcept {
  if (left_ == 0) return;
  if (next_ != nullptr) {
    item_ = *next_++;
    return;
  }
  InlineScan scan(rest_);
  InlineEntry entry;
  while (scan.next(entry) && entry.key.empty()) {
  }
  item_ = {entry.key, entry.value};
  rest_ = scan.rest();
}

std::optional<std::string_view> LabelsView::find(std::string_view key) const noexcept {
  for (const Item& item : *this) {
    if (item.key == key) return item.value;
  }
  return std::nullopt;
}

Labels LabelsView::own() const {
  Labels labels;
  for (const Item& item : *this) labels.emplace_hint(labels.end(), item.key, item.value);
  return labels;
}

}  // namespace bayplan::metadata
