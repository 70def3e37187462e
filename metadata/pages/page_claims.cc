#include "pages/page_claims.h"

#include <algorithm>
#include <iterator>

namespace bayplan::metadata {

bool PageClaims::claim(std::uint64_t first, std::uint64_t count, std::uint64_t owner) {
  const auto behind = runs_.upper_bound(first);
  if (behind != runs_.begin()) {
    const auto& [start, run] = *std::prev(behind);
    if (start == first && run.count == count && run.owner == owner) return true;
    if (first - start < run.count) return false;
  }
  if (behind != runs_.end() && behind->first - first < count) return false;
  runs_.emplace_hint(behind, first, Run{count, owner});
  return true;
}

bool PageClaims::contains(std::uint64_t page) const {
  const auto behind = runs_.upper_bound(page);
  return behind != runs_.begin() && page - std::prev(behind)->first < std::prev(behind)->second.count;
}

void PageClaims::for_each_gap(std::uint64_t begin, std::uint64_t end,
                              const std::function<void(std::uint64_t, std::uint64_t)>& visit) const {
  for (const auto& [first, run] : runs_) {
    if (first >= end) break;
    if (first > begin) visit(begin, first - begin);
    begin = std::max(begin, first + run.count);
  }
  if (begin < end) visit(begin, end - begin);
}

}  // namespace bayplan::metadata
