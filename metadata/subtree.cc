#include "subtree.h"

#include <unordered_set>

#include "bucket_path.h"
#include "row_cursor.h"

namespace bayplan::metadata {

Result<std::vector<std::uint64_t>> subtree_ids(ReadState& state, std::uint64_t id) {
  std::vector<std::uint64_t> ids{id};
  std::unordered_set<std::uint64_t> seen{id};
  RowCursor cursor(state);
  for (std::size_t at = 0; at < ids.size(); ++at) {
    const std::uint64_t current = ids[at];
    auto row = cursor.first(current);
    for (; row && *row; row = cursor.next(current)) {
      const Tag tag = (*row)->row.tag;
      if (tag != Tag::bucket && tag != Tag::chain) continue;
      const std::uint64_t child = (*row)->row.number();
      if (!seen.insert(child).second) {
        return in_bucket(
            state,
            corrupt_row(RowKey(current, (*row)->key).bytes(), "leads to a bucket that is reached twice"),
            RowKey(current, (*row)->key).bytes());
      }
      ids.push_back(child);
    }
    if (!row) return std::move(row).error();
  }
  return ids;
}

}  // namespace bayplan::metadata
