// The buckets that a write transaction has opened: who they are, however they are stored and wherever they
// move.
//
// A bucket of a write transaction is named by its number here, so that a handle stays good when the bucket
// outgrows its parent's row or is moved, is refused once the bucket is deleted, and is as before when a
// savepoint is undone.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "row.h"

namespace bayplan::metadata {

/// Of one write transaction. The root's is kRootBucketId; 0 names none.
using OpenBucketId = std::uint64_t;

struct OpenBucket {
  OpenBucketId parent = 0;
  std::string_view key{};     ///< in the parent; the caller keeps it alive
  std::uint64_t rows_id = 0;  ///< under which its rows lie; 0: inline, in its parent
  bool gone = false;          ///< deleted, or of a savepoint that was undone
};

class OpenBuckets {
 public:
  OpenBuckets();

  const OpenBucket& at(OpenBucketId id) const { return buckets_[id - 1]; }
  /// True when the bucket, or one around it, was deleted.
  bool is_gone(OpenBucketId id) const { return any_gone_ && lies_in_gone(id); }
  /// True when `id` is `ancestor`, or lies in it.
  bool is_inside(OpenBucketId id, OpenBucketId ancestor) const;
  /// The open bucket at `key`, if it was opened; 0 otherwise.
  OpenBucketId find(OpenBucketId parent, std::string_view key);

  /// Precondition: find() answered 0; `key` stays where it is.
  OpenBucketId add(OpenBucketId parent, std::string_view key, std::uint64_t rows_id);
  /// It has rows of its own now.
  void spill(OpenBucketId id, std::uint64_t rows_id);
  void erase(OpenBucketId id);
  void move(OpenBucketId id, OpenBucketId parent, std::string_view key);

  /// What undo() goes back to.
  std::size_t mark() const noexcept { return journal_.size(); }
  void undo(std::size_t mark);

 private:
  struct Place {
    Place(OpenBucketId in, std::string_view at) noexcept
        : parent(in), key(at), hash(std::hash<std::string_view>{}(at) ^ (in * 0x9e3779b97f4a7c15u)) {}
    friend bool operator==(const Place&, const Place&) = default;

    OpenBucketId parent;
    std::string_view key;
    std::size_t hash;  // kept, because the map asks for its neighbours' again and again
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const noexcept { return place.hash; }
  };
  void change(OpenBucketId id, const OpenBucket& to);
  void become(OpenBucketId id, const OpenBucket& bucket);
  bool lies_in_gone(OpenBucketId id) const;
  void index(OpenBucketId id);

  bool any_gone_ = false;  // once true it stays
  std::vector<OpenBucket> buckets_;
  std::pmr::monotonic_buffer_resource memory_;  // of the index, until the transaction ends
  std::pmr::unordered_map<Place, OpenBucketId, PlaceHash> index_{&memory_};
  OpenBucketId indexed_ = 0;  // up to here: who creates many buckets may never look for one
  std::vector<std::pair<OpenBucketId, OpenBucket>> journal_;  // what each change replaced
};

}  // namespace bayplan::metadata
