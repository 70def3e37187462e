// BucketSource: anything that holds nested buckets and can be read: an LMDB transaction today, raw LMDB pages
// or a bolt file tomorrow. Decoders, checks and marking take one of these, so that they work on dead stores
// too.
//
// Bolt's model: a bucket maps keys (1..32,768 bytes, in byte order) to values (any length, empty included) or
// to buckets; a key is either. The root holds buckets only.
//
// Where "corrupt" is listed below, version_mismatch is possible as well: a row of a kind that only newer
// libraries know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

inline constexpr std::size_t kMaxKeyBytes = 32768;

/// Names one bucket to the source that made it; meaningless to any other.
struct BucketHandle {
  std::uint64_t id = 0;
  /// The bucket itself, where the source reads it inside the row that holds it.
  std::optional<std::string_view> inline_bytes{};
  std::uint64_t revision = 0;  ///< of that row
};

/// One key of a bucket. Views live as the source says (transactions: until they end).
struct Entry {
  std::string_view key;
  std::string_view value;  ///< empty for a bucket
  bool is_bucket = false;
  /// Commit that changed it last, or anything in the row that it shares with others; 0 where the source keeps
  /// none.
  std::uint64_t revision = 0;
  /// Of a bucket, where the source knows it without another look.
  std::optional<BucketHandle> bucket{};
};

/// Walks the keys of one bucket in byte order, buckets included. At an end the cursor stays on the last
/// (first) element while next() (prev()) answers empty, as bolt's does; after a seek() that found nothing,
/// prev() answers the last. When the bucket is changed meanwhile, next() and prev() answer the neighbours
/// that the last key has then. After the error corrupt the cursor stands on what is damaged, and next() and
/// prev() go on behind it. Not thread-safe; must not outlive its source. Errors of every call: corrupt,
/// closed, io.
class BucketCursor {
 public:
  virtual ~BucketCursor() = default;
  virtual Result<std::optional<Entry>> first() = 0;
  virtual Result<std::optional<Entry>> last() = 0;
  /// Empty on a cursor that was never positioned.
  virtual Result<std::optional<Entry>> next() = 0;
  virtual Result<std::optional<Entry>> prev() = 0;
  /// The first key >= `key`.
  virtual Result<std::optional<Entry>> seek(std::string_view key) = 0;
};

/// Thread rule: as the implementation says; a transaction is used by one thread at a time.
class BucketSource {
 public:
  virtual ~BucketSource() = default;

  /// The bucket that holds the top-level buckets. Never fails; reading from it may.
  virtual BucketHandle root_handle() const = 0;
  /// The entry of exactly `key`, or empty. Errors: corrupt, closed, io.
  virtual Result<std::optional<Entry>> find(const BucketHandle& bucket, std::string_view key) const = 0;
  /// The bucket at `key`; empty when absent or a plain value. Errors: corrupt, closed, io.
  virtual Result<std::optional<BucketHandle>> find_bucket(const BucketHandle& bucket,
                                                          std::string_view key) const = 0;
  /// The bucket's sequence counter, 0 when it was never used. Errors: corrupt, closed, io.
  virtual Result<std::uint64_t> sequence(const BucketHandle& bucket) const = 0;
  /// Errors: closed, io.
  virtual Result<std::unique_ptr<BucketCursor>> open_cursor(const BucketHandle& bucket) const = 0;
};

/// A readable bucket of any source. Cheap to copy; must not outlive its source.
class Bucket {
 public:
  Bucket(const BucketSource& source, BucketHandle handle) : source_(&source), handle_(handle) {}

  /// The value at `key`; empty when absent or a bucket. Errors: corrupt, closed, io.
  Result<std::optional<std::string_view>> get(std::string_view key) const;
  /// The value at `key`. Errors: corrupt (absent: the schema demands it), closed, io.
  Result<std::string_view> require(std::string_view key) const;
  /// The entry at `key`, value or bucket. Errors: corrupt, closed, io.
  Result<std::optional<Entry>> entry(std::string_view key) const { return source_->find(handle_, key); }
  /// The bucket at `key`; empty when absent or a value. Errors: corrupt, closed, io.
  Result<std::optional<Bucket>> bucket(std::string_view key) const;
  /// The bucket reached by following `path`; empty as soon as one step is absent. Errors: corrupt, closed,
  /// io.
  Result<std::optional<Bucket>> descend(std::initializer_list<std::string_view> path) const;

  Result<std::uint64_t> sequence() const { return source_->sequence(handle_); }
  Result<std::unique_ptr<BucketCursor>> cursor() const { return source_->open_cursor(handle_); }

  /// Calls `visit` for every key in byte order until it answers an error, which is returned. The bucket must
  /// not be changed meanwhile. Errors: visit's, corrupt, closed, io.
  Result<void> for_each(const std::function<Result<void>(const Entry&)>& visit) const;
  /// for_each over the sub-buckets only.
  Result<void> for_each_bucket(
      const std::function<Result<void>(std::string_view key, const Bucket&)>& visit) const;

  const BucketSource& source() const noexcept { return *source_; }
  const BucketHandle& handle() const noexcept { return handle_; }

 private:
  const BucketSource* source_;
  BucketHandle handle_;
};

/// The root of `source` as a Bucket.
inline Bucket root_bucket(const BucketSource& source) { return {source, source.root_handle()}; }

}  // namespace bayplan::metadata
