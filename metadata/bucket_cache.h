// The buckets that every read goes through on the way to a record: found once for each snapshot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bayplan::metadata {

/// Which rows the buckets that were asked for last have, in one snapshot. Of one thread at a time.
class BucketCache {
 public:
  /// What is known of another snapshot is forgotten; that of `snapshot` 0, which has no number, by the next
  /// start() as well.
  void start(std::uint64_t snapshot) noexcept {
    if (snapshot == 0 || snapshot != snapshot_) size_ = next_ = 0;
    snapshot_ = snapshot;
  }

  /// Of the bucket at `key` of the one whose rows are `parent`; 0: not known.
  std::uint64_t find(std::uint64_t parent, std::string_view key) const noexcept {
    for (std::size_t at = 0; at < size_; ++at) {
      const Known& known = known_[at];
      if (known.parent == parent && known.key == key) return known.rows_id;
    }
    return 0;
  }

  void add(std::uint64_t parent, std::string_view key, std::uint64_t rows_id) {
    if (key.size() > kMostKeyBytes) return;
    Known& known = known_[next_];
    known.parent = parent;
    known.rows_id = rows_id;
    known.key.assign(key);
    next_ = (next_ + 1) % known_.size();
    if (size_ < known_.size()) ++size_;
  }

 private:
  struct Known {
    std::uint64_t parent = 0;
    std::uint64_t rows_id = 0;
    std::string key{};
  };
  static constexpr std::size_t kMostKeyBytes = 80;

  std::array<Known, 8> known_{};
  std::size_t size_ = 0;
  std::size_t next_ = 0;
  std::uint64_t snapshot_ = 0;
};

}  // namespace bayplan::metadata
