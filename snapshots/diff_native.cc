#include "diff_native.h"

#include <algorithm>
#include <map>
#include <optional>

#include "bayplan/base/file.h"
#include "diff_root.h"
#include "link_census.h"
#include "tree_entry.h"
#include "tree_pair_walk.h"

namespace bayplan::snapshots {
namespace {

constexpr std::size_t kBufferBytes = 256u << 10;

class NativeDiff final : public TreePairVisitor {
 public:
  NativeDiff(LayerWriter& out, const LinkCensus& links) : out_(out), links_(links) {}

  Result<void> visit(const TreePair& pair) override {
    const bool was = pair.before != nullptr && has_place_in_layer(*pair.before);
    if (pair.now == nullptr || !has_place_in_layer(*pair.now)) {
      if (pair.now != nullptr) out_.warn(pair.name, kNoPlace);
      return was ? out_.remove(pair.name) : Result<void>();
    }
    BAYPLAN_ASSIGN(TreeEntry entry, read_entry(pair.dir, pair.name, *pair.now));
    if (was) {
      BAYPLAN_ASSIGN(const bool same, is_same(pair, entry.tar));
      if (same) return {};
    }
    return out_.add(pair.dir, pair.name, *pair.now, std::move(entry.tar));
  }

  Result<void> enter(const TreePair& pair, int fd, int before_fd) override {
    BAYPLAN_ASSIGN(TreeEntry entry, read_entry(fd, ".", *pair.now));
    bool same = false;
    if (before_fd >= 0) {
      BAYPLAN_ASSIGN(const TreeEntry before, read_entry(before_fd, ".", *pair.before));
      same = same_but_content(entry.tar, before.tar);
    }
    BAYPLAN_TRY(out_.enter(pair.name, std::move(entry.tar)));
    return same ? Result<void>() : out_.describe();
  }

  void leave() override { out_.leave(); }

 private:
  // One answer for all names of a file, which is compared once.
  Result<bool> is_same(const TreePair& pair, const TarEntry& now) {
    if (!links_.same_names(*pair.now, *pair.before)) return false;
    if (pair.now->st_nlink < 2) return compare(pair, now);
    const std::pair inode(pair.now->st_dev, pair.now->st_ino);
    const auto known = compared_.find(inode);
    if (known != compared_.end()) return known->second;
    BAYPLAN_ASSIGN(const bool same, compare(pair, now));
    compared_.emplace(inode, same);
    return same;
  }

  Result<bool> compare(const TreePair& pair, const TarEntry& now) {
    if (S_ISDIR(pair.before->st_mode)) return false;
    BAYPLAN_ASSIGN(const TreeEntry before, read_entry(pair.before_dir, pair.name, *pair.before));
    if (!same_but_content(now, before.tar)) return false;
    return now.type == TarType::file ? same_content(pair, now.size) : Result<bool>(true);
  }

  Result<bool> same_content(const TreePair& pair, std::uint64_t size) {
    BAYPLAN_ASSIGN(const UniqueFd now, file::open_regular(pair.dir, pair.name));
    BAYPLAN_ASSIGN(const UniqueFd before, file::open_regular(pair.before_dir, pair.name));
    buffers_.resize(2 * kBufferBytes);
    for (std::uint64_t at = 0; at < size; at += kBufferBytes) {
      BAYPLAN_TRY(out_.control().cancel.check());
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(size - at, kBufferBytes));
      const auto one = std::span(buffers_).first(count);
      const auto other = std::span(buffers_).subspan(kBufferBytes, count);
      BAYPLAN_TRY(file::pread_exact(now.get(), one, at, pair.name));
      BAYPLAN_TRY(file::pread_exact(before.get(), other, at, pair.name));
      if (!std::equal(one.begin(), one.end(), other.begin())) return false;
    }
    return true;
  }

  LayerWriter& out_;
  const LinkCensus& links_;
  std::map<std::pair<dev_t, ino_t>, bool> compared_{};
  std::vector<std::byte> buffers_{};
};

}  // namespace

Result<void> diff_native(LayerWriter& out, int now, int before) {
  const CancelToken& cancel = out.control().cancel;
  LinkCensus links;
  if (before >= 0) BAYPLAN_TRY(walk_tree_pair(now, before, links, cancel));
  BAYPLAN_TRY(diff_root(out, now, before));
  NativeDiff diff(out, links);
  return walk_tree_pair(now, before, diff, cancel);
}

}  // namespace bayplan::snapshots
