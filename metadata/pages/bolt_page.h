// One branch or leaf page of a bolt file, or the page inside an inline bucket, with every offset checked.
//
// bolt writes the keys and values of a page one behind another, in the order of its elements, and nothing
// between them. Whatever departs from that is damage, so that hardly a changed offset or length goes
// unnoticed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arena.h"
#include "bayplan/base/result.h"
#include "pages/tree_walk.h"

namespace bayplan::metadata::bolt {

struct Element : PageElement {
  std::uint64_t value_at = 0;  ///< leaf: offset in the page
  std::uint32_t value_bytes = 0;
  bool is_bucket = false;  ///< leaf
};

class Page {
 public:
  using Pointer = std::shared_ptr<const Page>;

  /// Where to read: pages of `page_bytes`, the last of them before page `end`.
  struct File {
    int fd;
    std::uint32_t page_bytes;
    std::uint64_t end;
    std::string_view name;
  };
  /// Reads page `number`, except for its values. Its first key is that of `bounds`: bolt keeps it in the
  /// parent. Errors: corrupt (nothing of it can be used), io.
  static Result<Pointer> read(const File& file, std::uint64_t number, const PageBounds& bounds);
  /// The page inside an inline bucket, a copy of `bytes`. `host`: the page that the bucket lies on.
  static Result<Pointer> read_inline(std::uint64_t host, std::string_view bytes);

  bool is_leaf() const noexcept { return is_leaf_; }
  std::uint64_t number() const noexcept { return number_; }
  /// How many it takes, itself included.
  std::uint64_t pages() const noexcept { return pages_; }
  const std::vector<Element>& elements() const noexcept { return elements_; }
  /// Memory that it takes.
  std::size_t bytes() const noexcept { return head_.size() + elements_.size() * sizeof(Element); }

  /// A leaf's value, in `arena`. Errors: corrupt (the element has a problem), too_large, io.
  Result<std::string_view> value(const File& file, std::size_t index, Arena& arena) const;
  /// Precondition: the element has a problem.
  Error damaged_element(std::size_t index) const;

 private:
  Page() = default;
  Result<void> read_head(const File& file);
  Result<void> read_elements(const File* file);
  Result<void> read_element(const File* file, std::size_t index, std::uint64_t expected);
  Result<void> read_key(const File* file, std::uint64_t at, std::size_t size, Element& element);
  void check_order(const PageBounds& bounds);
  Result<void> check_padding(const File& file);
  bool fits(std::uint64_t used, const File* file) const noexcept;

  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;  // in the file
  std::uint64_t pages_ = 1;
  std::uint64_t bytes_ = 0;  // of all its pages
  std::size_t count_ = 0;
  bool is_leaf_ = true;
  std::string head_;  // its first bytes: header and element table at least
  Arena far_keys_;    // that lie behind
  std::size_t far_bytes_ = 0;
  std::vector<Element> elements_;
  std::uint64_t end_ = 0;  // of the last element
};

}  // namespace bayplan::metadata::bolt
