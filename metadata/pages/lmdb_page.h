// One branch or leaf page of an LMDB file, on the way through a tree.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "page_file.h"
#include "pages/tree_walk.h"

namespace bayplan::metadata::lmdb {

class Page {
 public:
  using Pointer = std::shared_ptr<const Page>;
  /// Errors: corrupt (nothing of it can be used), io.
  static Result<Pointer> read(const PageFile& file, std::uint64_t number, const PageBounds& bounds);

  bool is_leaf() const noexcept { return page_.is_leaf; }
  std::uint64_t number() const noexcept { return number_; }
  const std::vector<PageElement>& elements() const noexcept { return elements_; }
  const Node& node(std::size_t index) const noexcept { return page_.nodes[index]; }
  /// Memory that it takes.
  std::size_t bytes() const noexcept {
    return buffer_.size() + elements_.size() * (sizeof(PageElement) + sizeof(Node));
  }
  /// Precondition: the element has a problem.
  Error damaged_element(std::size_t index) const;

 private:
  Page() = default;

  std::uint64_t number_ = 0;
  std::string buffer_;
  metadata::Page page_;
  std::vector<PageElement> elements_;
};

}  // namespace bayplan::metadata::lmdb
