// Who refers to which pages of a file: a page has one place, so whoever comes second is wrong, or the first
// was. Keeps walks over a damaged file from going in circles, or twice through the same pages.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

namespace bayplan::metadata {

class PageClaims {
 public:
  /// `count` pages from `first` on belong to what lies at `owner`. Again by the same owner is fine. False
  /// when some of them belong to another, or to this one with another count. Precondition: they end below
  /// 2^64.
  bool claim(std::uint64_t first, std::uint64_t count, std::uint64_t owner);

  /// Whether somebody claimed it.
  bool contains(std::uint64_t page) const;
  /// Calls `visit(first, count)` for each run below `end`, from `begin` on, that nobody claimed.
  void for_each_gap(std::uint64_t begin, std::uint64_t end,
                    const std::function<void(std::uint64_t first, std::uint64_t count)>& visit) const;

 private:
  struct Run {
    std::uint64_t count;
    std::uint64_t owner;
  };
  std::map<std::uint64_t, Run> runs_;  // by first page
};

}  // namespace bayplan::metadata
