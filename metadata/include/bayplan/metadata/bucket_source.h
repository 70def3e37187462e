// BucketSource: anything that holds nested buckets and can be read: an LMDB transaction today, raw LMDB pages
// or a bolt file tomorrow. Decoders, checks and marking take one of these, so that they work on dead stores
// too.
//
// Bolt's model: a bucket maps keys (1..32,768 bytes, in byte order) to values (up to just under 2 GiB, empty
// included) or to buckets; a key is either. The root holds buckets only.
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
#include "bayplan/metadata/lifeline.h"

namespace bayplan::metadata {

inline constexpr std::size_t kMaxKeyBytes = 32768;
/// liblmdb before 0.9.36 mishandles values of 2 GiB and more.
inline constexpr std::size_t kMaxValueBytes = (std::size_t{1} << 31) - 64;

/// Names one bucket to the source that made it; meaningless to any other.
struct BucketHandle {
  std::uint64_t id = 0;
  /// The bucket itself, where the source reads it inside the row that holds it, as transactions store it.
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

/// What is asked of buckets that are read inside a row. Does not end their source.
class InlineTest {
 public:
  virtual ~InlineTest() = default;
  /// `bytes`: BucketHandle::inline_bytes of the bucket at `key`.
  virtual bool passes(std::string_view key, std::string_view bytes) = 0;
};

/// Walks the keys of one bucket in byte order, buckets included. At an end the cursor stays on the last
/// (first) element while next() (prev()) answers empty, as bolt's does; after a seek() that found nothing,
/// prev() answers the last. When the bucket is changed meanwhile, next() and prev() answer the neighbours
/// that the last key has then: to delete what it stands on, use MutableBucket::erase. After the error corrupt
/// the cursor stands on what is damaged, and next() and prev() go on behind it. Not thread-safe. Errors of
/// every call: corrupt, closed (also: its source has ended), io.
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
  /// next() into `entry`, for who goes through many; false where that answers empty, and then, as after an
  /// error, `entry` is as it was.
  virtual Result<bool> advance(Entry& entry);
  /// advance(), past buckets that do not pass `test`; what has no inline_bytes is not tested.
  virtual Result<bool> advance_where(Entry& entry, InlineTest& test);
};

/// Thread rule: as the implementation says; a transaction is used by one thread at a time.
class BucketSource {
 public:
  BucketSource() = default;
  virtual ~BucketSource() {
    if (lifeline_) lifeline_->end();
  }
  BucketSource(const BucketSource&) = delete;
  BucketSource& operator=(const BucketSource&) = delete;

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
  /// As Bucket::for_each. By default with a cursor.
  virtual Result<void> for_each(const BucketHandle& bucket,
                                const std::function<Result<void>(const Entry&)>& visit) const;

  /// Whether it can still be read. Errors: closed.
  virtual Result<void> usable() const { return {}; }

  /// Ends when the source is destroyed.
  const Lifeline& lifeline() const { return lifeline_ ? *lifeline_ : lifeline_.emplace(); }

 private:
  mutable std::optional<Lifeline> lifeline_{};  // made for the first who asks
};

/// A readable bucket of any source. Cheap to copy. Once its source has ended, every call answers closed.
class Bucket {
 public:
  Bucket(const BucketSource& source, BucketHandle handle)
      : source_(&source), lifeline_(source.lifeline()), handle_(handle) {}

  /// The value at `key`; empty when absent or a bucket. Errors: corrupt, closed, io.
  Result<std::optional<std::string_view>> get(std::string_view key) const;
  /// The value at `key`. Errors: corrupt (absent: the schema demands it), closed, io.
  Result<std::string_view> require(std::string_view key) const;
  /// The entry at `key`, value or bucket. Errors: corrupt, closed, io.
  Result<std::optional<Entry>> entry(std::string_view key) const;
  /// The bucket at `key`; empty when absent or a value. Errors: corrupt, closed, io.
  Result<std::optional<Bucket>> bucket(std::string_view key) const;
  /// The bucket reached by following `path`; empty as soon as one step is absent. Errors: corrupt, closed,
  /// io.
  Result<std::optional<Bucket>> descend(std::initializer_list<std::string_view> path) const;

  /// The bucket's sequence counter, 0 when it was never used. Errors: corrupt, closed, io.
  Result<std::uint64_t> sequence() const;
  /// Errors: closed, io.
  Result<std::unique_ptr<BucketCursor>> cursor() const;

  /// Calls `visit` for every key in byte order until it answers an error, which is returned. `visit` may
  /// change the bucket, as under a cursor. Errors: visit's, corrupt, closed, io.
  Result<void> for_each(const std::function<Result<void>(const Entry&)>& visit) const;
  /// for_each over the sub-buckets only.
  Result<void> for_each_bucket(
      const std::function<Result<void>(std::string_view key, const Bucket&)>& visit) const;

  /// BucketHandle::inline_bytes, for who goes through them by themselves, at once. Errors: closed.
  Result<std::optional<std::string_view>> inline_bytes() const;

  /// Precondition: the source has not ended.
  const BucketSource& source() const noexcept { return *source_; }
  const BucketHandle& handle() const noexcept { return handle_; }

 protected:
  /// Errors: closed (the source has ended).
  Result<void> usable() const { return lifeline_.check(); }

 private:
  const BucketSource* source_;
  Lifeline lifeline_;
  BucketHandle handle_;
};

/// The root of `source` as a Bucket.
inline Bucket root_bucket(const BucketSource& source) { return {source, source.root_handle()}; }

}  // namespace bayplan::metadata
