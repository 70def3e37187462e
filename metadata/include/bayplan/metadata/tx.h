// Transactions and writable buckets. Always inside a closure given to Db::view or Db::update (db.h).
//
// Views (keys, values) that a transaction hands out stay valid until that transaction ends: read transactions
// point into the map, write transactions copy into an arena of their own, because LMDB itself moves pages
// under a writer. A savepoint's views live until the whole write transaction ends.
//
// Thread rule: a transaction and all that hangs on it belong to one thread at a time; a write transaction to
// the thread that began it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "bayplan/metadata/bucket_source.h"

namespace bayplan::metadata {

class Db;
class Environment;
class EnvironmentHandles;
struct ReadState;

namespace internal {
// What a closure must not answer. Seen through optional and vector; a view hidden in a struct is not seen.
template <class T>
struct Held {
  using type = T;
};
template <class T>
struct Held<std::optional<T>> : Held<T> {};
template <class T>
struct Held<std::vector<T>> : Held<T> {};
template <class T>
using HeldType = typename Held<T>::type;

template <class T>
inline constexpr bool kHoldsView = std::is_same_v<HeldType<T>, std::string_view> ||
                                   std::is_same_v<HeldType<T>, Entry> || std::is_pointer_v<HeldType<T>>;
template <class T>
inline constexpr bool kHoldsBucket =
    std::is_base_of_v<Bucket, HeldType<T>> || std::is_same_v<HeldType<T>, BucketHandle> ||
    std::is_same_v<HeldType<T>, std::unique_ptr<BucketCursor>>;
}  // namespace internal

/// A consistent snapshot of the store. Never blocks and is never blocked.
class ReadTx : public BucketSource {
 public:
  ~ReadTx() override;
  ReadTx(const ReadTx&) = delete;
  ReadTx& operator=(const ReadTx&) = delete;

  /// The top-level bucket `name`; empty when absent. Errors: corrupt, closed, io.
  Result<std::optional<Bucket>> bucket(std::string_view name) const { return root().bucket(name); }
  /// The bucket that holds the top-level buckets.
  Bucket root() const { return root_bucket(*this); }
  /// Number of the last commit that this transaction sees; a write transaction: the number it will have.
  std::uint64_t revision() const noexcept;

  BucketHandle root_handle() const override;
  Result<std::optional<Entry>> find(const BucketHandle& bucket, std::string_view key) const override;
  Result<std::optional<BucketHandle>> find_bucket(const BucketHandle& bucket,
                                                  std::string_view key) const override;
  Result<std::uint64_t> sequence(const BucketHandle& bucket) const override;
  Result<std::unique_ptr<BucketCursor>> open_cursor(const BucketHandle& bucket) const override;
  Result<void> for_each(const BucketHandle& bucket,
                        const std::function<Result<void>(const Entry&)>& visit) const override;
  Result<void> usable() const override;

 protected:
  friend class Db;
  friend ReadState& state_of(const ReadTx& tx);
  ReadTx();
  std::unique_ptr<ReadState> read_;
};

class WriteTx;

/// A bucket of a write transaction. Using it after its bucket was deleted, after its transaction or savepoint
/// ended, in a hook, or while a savepoint inside its transaction is open answers closed.
class MutableBucket : public Bucket {
 public:
  /// Stores `value` at `key`, replacing a value that is there. Both are copied.
  /// Errors: invalid_argument (empty key), too_large (key over kMaxKeyBytes, value over kMaxValueBytes),
  /// failed_precondition (the key is a bucket), no_space, closed, corrupt, io.
  Result<void> put(std::string_view key, std::string_view value);
  /// put(), if the key's revision (Entry::revision) still is `revision`, or it is absent and `revision` is 0.
  /// A small bucket lies in one row, which has one revision: a change to another key of it, or of a bucket
  /// around or inside it, can be a conflict too, so read again and retry.
  /// Errors: conflict (it is another one), and those of put.
  Result<void> put_if(std::string_view key, std::string_view value, std::uint64_t revision);
  /// Removes the value at `key`; absent is fine. Errors: failed_precondition (the key is a bucket), closed,
  /// corrupt, io.
  Result<void> erase(std::string_view key);

  /// Errors: as put, with already_exists (a bucket is there) and failed_precondition (a value is there).
  Result<MutableBucket> create_bucket(std::string_view key);
  /// As create_bucket, but an existing bucket is answered.
  Result<MutableBucket> create_bucket_if_not_exists(std::string_view key);
  /// Empty when absent or a value.
  Result<std::optional<MutableBucket>> bucket(std::string_view key);
  /// The bucket reached by following `path`; empty as soon as one step is absent or a value.
  Result<std::optional<MutableBucket>> descend(std::initializer_list<std::string_view> path);
  /// The bucket at the end of `path`; what is absent on the way is created. Errors: as
  /// create_bucket_if_not_exists.
  Result<MutableBucket> create_path(std::initializer_list<std::string_view> path);
  /// Removes the bucket at `key` and everything below. Errors: not_found, failed_precondition (a value),
  /// closed, corrupt, io.
  Result<void> delete_bucket(std::string_view key);
  /// Moves the bucket at `key`, pending changes included, to `new_key` of `target`; O(1) rows. Open handles
  /// to it, and to what is inside it, stay good.
  /// Errors: not_found, already_exists, failed_precondition (a value at either end), invalid_argument (target
  /// is inside the moved bucket, or of another transaction), closed, corrupt, io.
  Result<void> move_bucket(std::string_view key, const MutableBucket& target, std::string_view new_key);

  /// Increments and returns the bucket's own counter, which starts at 0. Errors: too_large (at 2^64-1),
  /// closed, corrupt, io.
  Result<std::uint64_t> next_sequence();
  /// Errors: closed, no_space, corrupt, io.
  Result<void> set_sequence(std::uint64_t value);

 private:
  friend class WriteTx;
  Result<void> writable() const;
  MutableBucket(WriteTx& tx, BucketHandle handle);
  WriteTx* tx_;
};

class WriteTx : public ReadTx {
 public:
  ~WriteTx() override;

  /// Top-level buckets; as the functions of the same name in MutableBucket. The root holds no plain values.
  Result<std::optional<MutableBucket>> bucket(std::string_view name);
  Result<MutableBucket> create_bucket(std::string_view name);
  Result<MutableBucket> create_bucket_if_not_exists(std::string_view name);
  Result<void> delete_bucket(std::string_view name);
  MutableBucket root();

  /// Runs `body(WriteTx& inner)` so that an error, or a throw, undoes the inner writes only; its result is
  /// returned and the outer closure decides. To any depth. This transaction is unusable while `body` runs.
  /// Adds errors: no_space, too_large, closed, io (the outer transaction is as before, unless it was its own
  /// last write that did not fit: then it can only be undone).
  template <class F>
  auto savepoint(F&& body) -> std::invoke_result_t<F, WriteTx&> {
    static_assert(!internal::kHoldsBucket<typename std::invoke_result_t<F, WriteTx&>::value_type>,
                  "a bucket must not outlive the savepoint that it was opened in");
    BAYPLAN_ASSIGN(std::unique_ptr<WriteTx> inner, begin_savepoint());
    // An error or a throw leaves `inner` to its destructor, which undoes it.
    auto result = std::forward<F>(body)(*inner);
    if (!result) return result;
    BAYPLAN_TRY(end_savepoint(*inner));
    return result;
  }

  /// Runs `hook` after the outermost commit is durable, outside the lock, in order of registration. Dropped
  /// with the savepoint it was registered in. Must not throw; may use the store, except where it waited for
  /// the closing (options.h).
  void on_commit(std::function<void()> hook);
  /// Runs `hook` if what this transaction (or savepoint) did is undone, in reverse order of registration,
  /// outside the lock where the whole transaction is undone, inside it for a savepoint. Must not throw or use
  /// the store.
  void on_abort(std::function<void()> hook);

 private:
  friend class Db;
  friend class MutableBucket;
  WriteTx();
  Result<std::unique_ptr<WriteTx>> begin_savepoint();
  Result<void> end_savepoint(WriteTx& inner);
};

}  // namespace bayplan::metadata
