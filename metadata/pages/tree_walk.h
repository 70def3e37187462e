// The way through the pages of one tree of a file, past what is damaged: shared by both formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

/// Keys that a page may hold. Empty: not known.
struct PageBounds {
  std::string_view first{};  ///< no key is smaller
  std::string_view end{};    ///< all keys are smaller
};

/// What both formats' elements have.
struct PageElement {
  std::string_view key{};         ///< as long as the page lives
  std::uint64_t child = 0;        ///< branch
  const char* problem = nullptr;  ///< why it cannot be used

  void blame(const char* why) noexcept {
    if (problem == nullptr) problem = why;
  }
};

/// Names element `index` of page `number`: who refers to a page.
constexpr std::uint64_t place_of(std::uint64_t number, std::size_t index) noexcept {
  return number << 16 | index;
}

struct PagePlace {
  std::size_t index;  ///< leaf: of the first key >= the one sought; branch: of the child that holds it
  bool doubtful;      ///< elements that have a problem lie there
};
template <class Element>
PagePlace find_place(const std::vector<Element>& elements, bool is_leaf, std::string_view key) {
  std::size_t before = 0;  // behind the last sound element whose key is smaller, or, in a branch, equal
  std::size_t at = 0;
  for (; at < elements.size(); ++at) {
    if (elements[at].problem != nullptr) continue;
    const int order = elements[at].key.compare(key);
    if (order > 0 || (is_leaf && order == 0)) break;
    before = at + 1;
  }
  if (is_leaf) {
    const bool exact = at < elements.size() && elements[at].key == key;
    return exact || before == at ? PagePlace{at, false} : PagePlace{before, true};
  }
  if (before != at) return {before, true};
  return {at == 0 ? 0 : at - 1, elements.empty()};
}

/// Blames what is out of order, or out of bounds. Empty keys stand for no key.
template <class Element>
void check_key_order(std::vector<Element>& elements, const PageBounds& bounds) {
  constexpr const char* kDisordered = "its key is out of order";
  Element* last = nullptr;
  for (Element& element : elements) {
    if (element.key.empty()) continue;
    if (last != nullptr && element.key <= last->key) {
      element.blame(kDisordered);
      last->blame(kDisordered);
    }
    if (element.key < bounds.first || (!bounds.end.empty() && element.key >= bounds.end))
      element.blame(kDisordered);
    last = &element;
  }
}

enum class Direction { forward, backward };

/// `Reader` has a Pointer to pages, page(number, owner, bounds) that reads one, and damaged(number, what).
template <class Reader>
class TreeWalk {
 public:
  using Pointer = typename Reader::Pointer;

  explicit TreeWalk(Reader& reader) : reader_(&reader) {}

  /// False before a root was entered.
  bool positioned() const noexcept { return !levels_.empty(); }
  void leave() noexcept { levels_.clear(); }
  const Pointer& page() const noexcept { return levels_.back().page; }
  std::size_t index() const noexcept { return levels_.back().index; }
  const auto& element() const noexcept { return page()->elements()[index()]; }
  /// The error for a problem of the element that it stands on; nothing where there is none.
  Result<void> sound() const {
    return element().problem == nullptr ? Result<void>{} : page()->damaged_element(index());
  }

  /// To the first or last element. False for an empty tree. Errors: corrupt, io.
  Result<bool> end(Pointer root, Direction direction) {
    BAYPLAN_TRY(enter_root(std::move(root)));
    Level& level = levels_.back();
    if (level.page->elements().empty()) return false;
    level.index = direction == Direction::forward ? 0 : level.page->elements().size() - 1;
    BAYPLAN_TRY(descend(direction));
    return true;
  }

  /// To the neighbour; false at the end, where it stays. After an error it stands on what is damaged. Errors:
  /// corrupt, io.
  Result<bool> move(Direction direction) {
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

  /// To the first key >= `key`; false when there is none, and then it stands on the last, if there is one.
  /// Errors: corrupt (also: it cannot be told whether the key is there), io.
  Result<bool> seek(Pointer root, std::string_view key) {
    BAYPLAN_TRY(enter_root(std::move(root)));
    while (true) {
      Level& level = levels_.back();
      const PagePlace place = find_place(level.page->elements(), level.page->is_leaf(), key);
      const std::size_t count = level.page->elements().size();
      if (count == 0) return false;
      const bool found = place.index < count;
      level.index = found ? place.index : count - 1;
      if (place.doubtful) return level.page->damaged_element(level.index);
      if (level.page->is_leaf()) return settle(found, key);
      BAYPLAN_TRY(enter_child());
    }
  }

 private:
  struct Level {
    Pointer page;
    std::string first{};  // PageBounds
    std::string end{};
    std::size_t index = 0;
  };
  // Both formats' trees of billions of keys have a dozen.
  static constexpr std::size_t kMostLevels = 64;

  Result<void> enter_root(Pointer root) {
    levels_.clear();
    if (!root->is_leaf() && root->elements().empty())
      return Reader::damaged(root->number(), "a branch that leads nowhere");
    levels_.push_back({std::move(root)});
    return {};
  }

  // Into the child that the innermost level stands on.
  Result<void> enter_child() {
    const Level& level = levels_.back();
    const auto& elements = level.page->elements();
    BAYPLAN_TRY(sound());
    if (levels_.size() == kMostLevels) return Reader::damaged(level.page->number(), "lies too deep");
    PageBounds bounds{element().key.empty() ? std::string_view(level.first) : element().key, level.end};
    for (std::size_t i = level.index + 1; i < elements.size(); ++i) {
      if (elements[i].problem != nullptr) continue;
      bounds.end = elements[i].key;
      break;
    }
    const std::uint64_t owner = place_of(level.page->number(), level.index);
    BAYPLAN_ASSIGN(Pointer child, reader_->page(element().child, owner, bounds));
    if (child->elements().empty()) return Reader::damaged(child->number(), "an empty page inside a tree");
    Level inner{std::move(child), std::string(bounds.first), std::string(bounds.end)};
    levels_.push_back(std::move(inner));
    return {};
  }

  Result<void> descend(Direction direction) {
    while (!levels_.back().page->is_leaf()) {
      BAYPLAN_TRY(enter_child());
      Level& level = levels_.back();
      level.index = direction == Direction::forward ? 0 : level.page->elements().size() - 1;
    }
    return {};
  }

  // A key at the edge of a page could be hidden in the page beside it, where one of both is not what its
  // parent says.
  Result<bool> settle(bool found, std::string_view key) {
    if (found && (element().key == key || index() > 0)) return true;
    const std::vector<Level> here = levels_;
    BAYPLAN_ASSIGN(const bool beside, move(found ? Direction::backward : Direction::forward));
    if (beside) BAYPLAN_TRY(sound());
    if (!found) return beside;
    levels_ = here;
    return true;
  }

  Reader* reader_;
  std::vector<Level> levels_;  // from the root on
};

}  // namespace bayplan::metadata
