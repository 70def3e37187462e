// The pages that were read last, up to a number of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

namespace bayplan::metadata {

/// `Page` has number() and bytes().
template <class Page>
class PageCache {
 public:
  using Pointer = std::shared_ptr<const Page>;
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;

  /// Null when it is not there.
  Pointer find(std::uint64_t number) {
    const auto place = places_.find(number);
    if (place == places_.end()) return nullptr;
    pages_.splice(pages_.begin(), pages_, place->second);
    return *place->second;
  }
  /// Precondition: no page of its number is there.
  void add(Pointer page) {
    bytes_ += page->bytes();
    pages_.push_front(std::move(page));
    places_.emplace(pages_.front()->number(), pages_.begin());
    while (bytes_ > kMostBytes && pages_.size() > 1) {
      bytes_ -= pages_.back()->bytes();
      places_.erase(pages_.back()->number());
      pages_.pop_back();
    }
  }

 private:
  std::list<Pointer> pages_;  // the last used one first
  std::unordered_map<std::uint64_t, typename std::list<Pointer>::iterator> places_;
  std::size_t bytes_ = 0;
};

}  // namespace bayplan::metadata
