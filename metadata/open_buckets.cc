#include "open_buckets.h"

namespace bayplan::metadata {

OpenBuckets::OpenBuckets() { buckets_.push_back({.rows_id = kRootBucketId}); }

bool OpenBuckets::lies_in_gone(OpenBucketId id) const {
  for (; id != 0; id = at(id).parent) {
    if (at(id).gone) return true;
  }
  return false;
}

bool OpenBuckets::is_inside(OpenBucketId id, OpenBucketId ancestor) const {
  while (id != 0 && id != ancestor) id = at(id).parent;
  return id != 0;
}

OpenBucketId OpenBuckets::find(OpenBucketId parent, std::string_view key) {
  while (indexed_ < buckets_.size()) index(++indexed_);
  const auto found = index_.find(Place(parent, key));
  return found == index_.end() ? 0 : found->second;
}

void OpenBuckets::index(OpenBucketId id) {
  const OpenBucket& bucket = at(id);
  if (!bucket.gone) index_.insert_or_assign(Place(bucket.parent, bucket.key), id);
}

OpenBucketId OpenBuckets::add(OpenBucketId parent, std::string_view key, std::uint64_t rows_id) {
  buckets_.push_back({.gone = true});
  const OpenBucketId id = buckets_.size();
  change(id, {parent, key, rows_id});
  return id;
}

void OpenBuckets::spill(OpenBucketId id, std::uint64_t rows_id) {
  OpenBucket bucket = at(id);
  bucket.rows_id = rows_id;
  change(id, bucket);
}

void OpenBuckets::erase(OpenBucketId id) {
  OpenBucket bucket = at(id);
  bucket.gone = true;
  change(id, bucket);
}

void OpenBuckets::move(OpenBucketId id, OpenBucketId parent, std::string_view key) {
  OpenBucket bucket = at(id);
  bucket.parent = parent;
  bucket.key = key;
  change(id, bucket);
}

void OpenBuckets::change(OpenBucketId id, const OpenBucket& to) {
  journal_.emplace_back(id, at(id));
  become(id, to);
}

void OpenBuckets::become(OpenBucketId id, const OpenBucket& bucket) {
  OpenBucket& here = buckets_[id - 1];
  const bool indexed = id <= indexed_;
  if (indexed && !here.gone) index_.erase(Place(here.parent, here.key));
  here = bucket;
  any_gone_ |= here.gone;
  if (indexed) index(id);
}

void OpenBuckets::undo(std::size_t mark) {
  for (; journal_.size() > mark; journal_.pop_back()) become(journal_.back().first, journal_.back().second);
}

}  // namespace bayplan::metadata
