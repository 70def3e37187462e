// The specification of buckets and transactions as a program: nested maps in memory behind the interface of
// Db, WriteTx and MutableBucket. Slow and plain on purpose; whatever the store does differently is wrong in
// one of the two. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "bayplan/metadata/bucket_source.h"

namespace bayplan::metadata::model {

struct Item {
  std::string value{};
  std::uint64_t bucket = 0;  ///< 0: a value
};

struct Node {
  std::map<std::string, Item, std::less<>> items{};
  std::uint64_t sequence = 0;
};

inline constexpr std::uint64_t kRootId = 1;

/// All buckets. A copy shares the nodes; edit() makes a node the state's own before it is changed, so that
/// two states hold the same pointer exactly where nothing was changed.
struct State {
  std::map<std::uint64_t, std::shared_ptr<Node>> nodes{{kRootId, std::make_shared<Node>()}};
  std::uint64_t last_id = kRootId;

  /// Preconditions: the bucket exists.
  const Node& node(std::uint64_t id) const { return *nodes.at(id); }
  Node& edit(std::uint64_t id);
  /// `id` and every bucket below.
  std::vector<std::uint64_t> subtree(std::uint64_t id) const;
};

struct Core {
  struct Level {
    State before{};
    std::size_t commit_hooks = 0;
    std::size_t abort_hooks = 0;
  };
  explicit Core(State committed) : state(std::move(committed)) {}
  void begin_level() { levels.push_back({state, commit_hooks.size(), abort_hooks.size()}); }
  void abort_level();

  State state;
  std::vector<Level> levels{};  ///< none: a read transaction
  std::vector<std::function<void()>> commit_hooks{};
  std::vector<std::function<void()>> abort_hooks{};
  std::deque<std::string> kept{};  ///< what views point to
};

class ReadTx : public BucketSource {
 public:
  explicit ReadTx(std::shared_ptr<Core> core) : core_(std::move(core)), level_(core_->levels.size()) {}
  ReadTx(const ReadTx&) = delete;
  ReadTx& operator=(const ReadTx&) = delete;

  Result<std::optional<Bucket>> bucket(std::string_view name) const {
    return root_bucket(*this).bucket(name);
  }

  BucketHandle root_handle() const override { return {kRootId}; }
  Result<std::optional<Entry>> find(const BucketHandle& bucket, std::string_view key) const override;
  Result<std::optional<BucketHandle>> find_bucket(const BucketHandle& bucket,
                                                  std::string_view key) const override;
  Result<std::uint64_t> sequence(const BucketHandle& bucket) const override;
  Result<std::unique_ptr<BucketCursor>> open_cursor(const BucketHandle& bucket) const override;

  /// Errors: closed (a savepoint inside is open, or the bucket was deleted).
  Result<void> usable_at(const BucketHandle& bucket) const;
  Core& core() const noexcept { return *core_; }
  const std::shared_ptr<Core>& shared_core() const noexcept { return core_; }
  Entry entry_of(const std::pair<const std::string, Item>& item) const;

 private:
  std::shared_ptr<Core> core_;
  std::size_t level_;
};

class WriteTx;

class MutableBucket : public Bucket {
 public:
  MutableBucket(WriteTx& tx, BucketHandle handle);
  Result<void> put(std::string_view key, std::string_view value);
  Result<void> erase(std::string_view key);
  Result<MutableBucket> create_bucket(std::string_view key);
  Result<MutableBucket> create_bucket_if_not_exists(std::string_view key);
  Result<std::optional<MutableBucket>> bucket(std::string_view key);
  Result<void> delete_bucket(std::string_view key);
  Result<void> move_bucket(std::string_view key, MutableBucket& target, std::string_view new_key);
  Result<std::uint64_t> next_sequence();
  Result<void> set_sequence(std::uint64_t value);

 private:
  const Item* item(std::string_view key) const;
  Node& edit();
  WriteTx* tx_;
};

class WriteTx : public ReadTx {
 public:
  explicit WriteTx(std::shared_ptr<Core> core) : ReadTx(std::move(core)) {}
  /// Undoes what was not kept.
  ~WriteTx() override;

  MutableBucket root() { return {*this, root_handle()}; }
  Result<std::optional<MutableBucket>> bucket(std::string_view name) { return root().bucket(name); }
  Result<MutableBucket> create_bucket(std::string_view name) { return root().create_bucket(name); }
  Result<MutableBucket> create_bucket_if_not_exists(std::string_view name) {
    return root().create_bucket_if_not_exists(name);
  }
  Result<void> delete_bucket(std::string_view name) { return root().delete_bucket(name); }

  template <class F>
  auto savepoint(F&& body) -> std::invoke_result_t<F, WriteTx&> {
    BAYPLAN_TRY(usable_at(root_handle()));
    core().begin_level();
    WriteTx inner(shared_core());
    auto result = std::forward<F>(body)(inner);
    if (result) inner.keep();
    return result;
  }

  void on_commit(std::function<void()> hook) { core().commit_hooks.push_back(std::move(hook)); }
  void on_abort(std::function<void()> hook) { core().abort_hooks.push_back(std::move(hook)); }

 private:
  friend class Db;
  void keep();
  bool kept_ = false;
};

class Db {
 public:
  template <class F>
  auto view(F&& body) const -> std::invoke_result_t<F, const ReadTx&> {
    const ReadTx tx(std::make_shared<Core>(committed_));
    return std::forward<F>(body)(tx);
  }
  Result<std::unique_ptr<const ReadTx>> begin_read() const {
    return std::unique_ptr<const ReadTx>(std::make_unique<ReadTx>(std::make_shared<Core>(committed_)));
  }

  template <class F>
  auto update(F&& body) -> std::invoke_result_t<F, WriteTx&> {
    if (writing_) return Error(Errc::failed_precondition, "store", {}, "inside a write transaction");
    const Writing writing(writing_);
    auto core = std::make_shared<Core>(committed_);
    core->begin_level();
    auto result = run(core, std::forward<F>(body));
    if (!result) return result;
    committed_ = core->state;
    writing_ = false;
    for (const auto& hook : core->commit_hooks) hook();
    return result;
  }

  const State& state() const noexcept { return committed_; }

 private:
  struct Writing {
    explicit Writing(bool& flag) : flag_(flag) { flag_ = true; }
    ~Writing() { flag_ = false; }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    bool& flag_;
  };
  template <class F>
  static auto run(const std::shared_ptr<Core>& core, F&& body) -> std::invoke_result_t<F, WriteTx&> {
    WriteTx tx(core);
    auto result = std::forward<F>(body)(tx);
    if (result) tx.keep();
    return result;
  }

  State committed_{};
  bool writing_ = false;
};

}  // namespace bayplan::metadata::model
