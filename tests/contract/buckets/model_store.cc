#include "model_store.h"

#include <algorithm>
#include <limits>

namespace bayplan::metadata::model {
namespace {

Result<void> validate_key(std::string_view key) {
  if (key.empty()) return Error(Errc::invalid_argument, "key", key);
  if (key.size() > kMaxKeyBytes) return Error(Errc::too_large, "key", key);
  return {};
}

Error occupied(const Item& item, std::string_view key) {
  return {item.bucket != 0 ? Errc::already_exists : Errc::failed_precondition, "key", key};
}

// A bucket must be at `key`.
Result<std::uint64_t> bucket_at(const Item* item, std::string_view key) {
  if (item == nullptr) return Error(Errc::not_found, "bucket", key);
  if (item->bucket == 0) return Error(Errc::failed_precondition, "key", key);
  return item->bucket;
}

// Remembers the key that it answered last (or sought) and nothing else.
class Cursor final : public BucketCursor {
 public:
  Cursor(const ReadTx& tx, BucketHandle bucket) : tx_(tx), bucket_(bucket) {}

  Result<std::optional<Entry>> first() override { return seek({}); }
  Result<std::optional<Entry>> last() override {
    BAYPLAN_TRY(tx_.usable_at(bucket_));
    return start({}, items().empty() ? items().end() : std::prev(items().end()));
  }
  Result<std::optional<Entry>> seek(std::string_view key) override {
    BAYPLAN_TRY(tx_.usable_at(bucket_));
    return start(key, items().lower_bound(key));
  }
  Result<std::optional<Entry>> next() override {
    BAYPLAN_TRY(tx_.usable_at(bucket_));
    return answer(position_ ? items().upper_bound(*position_) : items().end());
  }
  Result<std::optional<Entry>> prev() override {
    BAYPLAN_TRY(tx_.usable_at(bucket_));
    const auto at = position_ ? items().lower_bound(*position_) : items().begin();
    return answer(at == items().begin() ? items().end() : std::prev(at));
  }

 private:
  using Items = decltype(Node::items);
  const Items& items() const { return tx_.core().state.node(bucket_.id).items; }
  std::optional<Entry> start(std::string_view position, Items::const_iterator at) {
    position_ = position;
    return answer(at);
  }
  std::optional<Entry> answer(Items::const_iterator at) {
    if (at == items().end()) return {};
    position_ = at->first;
    return tx_.entry_of(*at);
  }

  const ReadTx& tx_;
  BucketHandle bucket_;
  std::optional<std::string> position_{};
};

}  // namespace

Node& State::edit(std::uint64_t id) {
  std::shared_ptr<Node>& node = nodes.at(id);
  if (node.use_count() > 1) node = std::make_shared<Node>(*node);
  return *node;
}

std::vector<std::uint64_t> State::subtree(std::uint64_t id) const {
  std::vector<std::uint64_t> ids{id};
  for (std::size_t at = 0; at < ids.size(); ++at) {
    for (const auto& [key, item] : node(ids[at]).items) {
      if (item.bucket != 0) ids.push_back(item.bucket);
    }
  }
  return ids;
}

void Core::abort_level() {
  const Level level = std::move(levels.back());
  levels.pop_back();
  state = level.before;
  commit_hooks.resize(level.commit_hooks);
  for (; abort_hooks.size() > level.abort_hooks; abort_hooks.pop_back()) abort_hooks.back()();
}

Result<void> ReadTx::usable_at(const BucketHandle& bucket) const {
  if (core_->levels.size() != level_) return Error(Errc::closed, "transaction", {});
  if (!core_->state.nodes.contains(bucket.id)) return Error(Errc::closed, "bucket", {});
  return {};
}

Entry ReadTx::entry_of(const std::pair<const std::string, Item>& item) const {
  Entry entry;
  entry.key = core_->kept.emplace_back(item.first);
  entry.is_bucket = item.second.bucket != 0;
  if (!entry.is_bucket) entry.value = core_->kept.emplace_back(item.second.value);
  return entry;
}

Result<std::optional<Entry>> ReadTx::find(const BucketHandle& bucket, std::string_view key) const {
  BAYPLAN_TRY(usable_at(bucket));
  const auto& items = core_->state.node(bucket.id).items;
  const auto found = items.find(key);
  if (found == items.end()) return std::optional<Entry>{};
  return std::optional<Entry>(entry_of(*found));
}

Result<std::optional<BucketHandle>> ReadTx::find_bucket(const BucketHandle& bucket,
                                                        std::string_view key) const {
  BAYPLAN_TRY(usable_at(bucket));
  const auto& items = core_->state.node(bucket.id).items;
  const auto found = items.find(key);
  if (found == items.end() || found->second.bucket == 0) return std::optional<BucketHandle>{};
  return std::optional<BucketHandle>(BucketHandle{found->second.bucket});
}

Result<std::uint64_t> ReadTx::sequence(const BucketHandle& bucket) const {
  BAYPLAN_TRY(usable_at(bucket));
  return core_->state.node(bucket.id).sequence;
}

Result<std::unique_ptr<BucketCursor>> ReadTx::open_cursor(const BucketHandle& bucket) const {
  BAYPLAN_TRY(usable_at(bucket));
  return std::unique_ptr<BucketCursor>(std::make_unique<Cursor>(*this, bucket));
}

MutableBucket::MutableBucket(WriteTx& tx, BucketHandle handle) : Bucket(tx, handle), tx_(&tx) {}

const Item* MutableBucket::item(std::string_view key) const {
  const auto& items = tx_->core().state.node(handle().id).items;
  const auto found = items.find(key);
  return found == items.end() ? nullptr : &found->second;
}

Node& MutableBucket::edit() { return tx_->core().state.edit(handle().id); }

Result<void> MutableBucket::put(std::string_view key, std::string_view value) {
  BAYPLAN_TRY(tx_->usable_at(handle()));
  BAYPLAN_TRY(validate_key(key));
  if (handle().id == kRootId) return Error(Errc::failed_precondition, "key", key);
  if (value.size() > (std::size_t{1} << 31) - 1) return Error(Errc::too_large, "value of key", key);
  const Item* const there = item(key);
  if (there != nullptr && there->bucket != 0) return Error(Errc::failed_precondition, "key", key);
  edit().items.insert_or_assign(std::string(key), Item{std::string(value)});
  return {};
}

Result<void> MutableBucket::erase(std::string_view key) {
  BAYPLAN_TRY(tx_->usable_at(handle()));
  const Item* const there = item(key);
  if (there == nullptr) return {};
  if (there->bucket != 0) return Error(Errc::failed_precondition, "key", key);
  edit().items.erase(std::string(key));
  return {};
}

Result<MutableBucket> MutableBucket::create_bucket(std::string_view key) {
  BAYPLAN_TRY(tx_->usable_at(handle()));
  BAYPLAN_TRY(validate_key(key));
  if (const Item* const there = item(key)) return occupied(*there, key);
  State& state = tx_->core().state;
  const std::uint64_t id = ++state.last_id;
  state.nodes.emplace(id, std::make_shared<Node>());
  edit().items.emplace(key, Item{"", id});
  return MutableBucket(*tx_, {id});
}

Result<MutableBucket> MutableBucket::create_bucket_if_not_exists(std::string_view key) {
  BAYPLAN_ASSIGN(const auto existing, bucket(key));
  if (existing) return *existing;
  return create_bucket(key);
}

Result<std::optional<MutableBucket>> MutableBucket::bucket(std::string_view key) {
  BAYPLAN_ASSIGN(const auto found, tx_->find_bucket(handle(), key));
  if (!found) return std::optional<MutableBucket>{};
  return std::optional<MutableBucket>(MutableBucket(*tx_, *found));
}

Result<void> MutableBucket::delete_bucket(std::string_view key) {
  BAYPLAN_TRY(tx_->usable_at(handle()));
  BAYPLAN_ASSIGN(const std::uint64_t id, bucket_at(item(key), key));
  State& state = tx_->core().state;
  for (const std::uint64_t gone : state.subtree(id)) state.nodes.erase(gone);
  edit().items.erase(std::string(key));
  return {};
}

Result<void> MutableBucket::move_bucket(std::string_view key, MutableBucket& target,
                                        std::string_view new_key) {
  BAYPLAN_TRY(tx_->usable_at(handle()));
  if (target.tx_ != tx_) return Error(Errc::invalid_argument, "bucket", key);
  BAYPLAN_TRY(tx_->usable_at(target.handle()));
  BAYPLAN_TRY(validate_key(new_key));
  BAYPLAN_ASSIGN(const std::uint64_t id, bucket_at(item(key), key));
  if (const Item* const there = target.item(new_key)) return occupied(*there, new_key);
  const auto inside = tx_->core().state.subtree(id);
  if (std::find(inside.begin(), inside.end(), target.handle().id) != inside.end()) {
    return Error(Errc::invalid_argument, "bucket", key);
  }
  edit().items.erase(std::string(key));
  target.edit().items.emplace(new_key, Item{"", id});
  return {};
}

Result<std::uint64_t> MutableBucket::next_sequence() {
  BAYPLAN_ASSIGN(const std::uint64_t current, sequence());
  if (current == std::numeric_limits<std::uint64_t>::max()) return Error(Errc::too_large, "sequence", {});
  BAYPLAN_TRY(set_sequence(current + 1));
  return current + 1;
}

Result<void> MutableBucket::set_sequence(std::uint64_t value) {
  BAYPLAN_TRY(tx_->usable_at(handle()));
  edit().sequence = value;
  return {};
}

WriteTx::~WriteTx() {
  if (!kept_) core().abort_level();
}

void WriteTx::keep() {
  kept_ = true;
  core().levels.pop_back();
}

}  // namespace bayplan::metadata::model
