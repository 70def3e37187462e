// LabelsView: a string map of a record (labels, annotations), read where it is stored.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "bayplan/base/labels.h"

namespace bayplan::metadata {

/// Sorted by key bytes; whole and well-formed, as it was looked through when it was made. Cheap to copy. What
/// it answers are views that live as the source it was read from says (transactions: until they end).
/// Thread-safe: immutable.
class LabelsView {
 public:
  struct Item {
    std::string_view key;
    std::string_view value;
  };
  class Iterator;

  LabelsView() = default;
  /// An inline bucket (inline_bucket.h) of `size` values and no buckets; the sequence does not count.
  LabelsView(std::string_view inline_bytes, std::size_t size) noexcept : bytes_(inline_bytes), size_(size) {}
  /// Of a map that has rows of its own.
  explicit LabelsView(std::vector<Item> items);

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  Iterator begin() const noexcept;
  Iterator end() const noexcept;
  /// The value at `key`, or empty. Takes as long as there are keys.
  std::optional<std::string_view> find(std::string_view key) const noexcept;
  /// A copy that outlives the source.
  Labels own() const;

 private:
  std::string_view bytes_{};
  std::shared_ptr<const std::vector<Item>> items_{};
  std::size_t size_ = 0;
};

/// Valid as long as the LabelsView, or a copy of it.
class LabelsView::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Item;
  using difference_type = std::ptrdiff_t;
  using pointer = const Item*;
  using reference = const Item&;

  Iterator() = default;
  const Item& operator*() const noexcept { return item_; }
  const Item* operator->() const noexcept { return &item_; }
  Iterator& operator++() noexcept {
    --left_;
    step();
    return *this;
  }
  Iterator operator++(int) noexcept {
    Iterator before = *this;
    ++*this;
    return before;
  }
  /// Precondition: of the same view.
  friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.left_ == b.left_; }

 private:
  friend class LabelsView;
  void step() noexcept;

  std::string_view rest_{};
  const Item* next_ = nullptr;
  std::size_t left_ = 0;  // this one included
  Item item_{};
};

inline LabelsView::Iterator LabelsView::end() const noexcept { return {}; }

// No closure answers one: tx.h.
namespace internal {
template <class T>
struct Held;
template <>
struct Held<LabelsView> {
  using type = std::string_view;
};
}  // namespace internal

}  // namespace bayplan::metadata
