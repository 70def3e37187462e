#include "pages/lmdb_page.h"

namespace bayplan::metadata::lmdb {

Result<Page::Pointer> Page::read(const PageFile& file, std::uint64_t number, const PageBounds& bounds) {
  std::shared_ptr<Page> page(new Page);
  page->number_ = number;
  BAYPLAN_ASSIGN(page->page_, file.read(number, page->buffer_));
  page->elements_.reserve(page->page_.nodes.size());
  for (const Node& node : page->page_.nodes) {
    PageElement element{node.key, node.child};
    const bool stands_for_less = !page->is_leaf() && page->elements_.empty();
    if (stands_for_less) element.key = {};
    if (element.key.empty() && !stands_for_less) element.blame("has no key");
    page->elements_.push_back(element);
  }
  check_key_order(page->elements_, bounds);
  return Pointer(std::move(page));
}

Error Page::damaged_element(std::size_t index) const {
  return damaged_page(number_, "element " + std::to_string(index) + " " + elements_[index].problem);
}

}  // namespace bayplan::metadata::lmdb
