#include "diff_root.h"

#include "bayplan/base/file.h"
#include "tree_entry.h"

namespace bayplan::snapshots {
namespace {

Result<TarEntry> read_root(int root) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(root, "."));
  BAYPLAN_ASSIGN(TreeEntry entry, read_entry(root, ".", info));
  return std::move(entry.tar);
}

}  // namespace

Result<void> diff_root(LayerWriter& out, int root, int before) {
  BAYPLAN_ASSIGN(TarEntry now, read_root(root));
  if (before >= 0) {
    BAYPLAN_ASSIGN(const TarEntry then, read_root(before));
    if (same_but_content(now, then)) return {};
  }
  return out.describe_root(std::move(now));
}

}  // namespace bayplan::snapshots
