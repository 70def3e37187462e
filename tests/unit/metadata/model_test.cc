// Random operations against a model in memory: nested buckets, long keys, savepoints, aborts, cursors across
// writes, readers of old snapshots, reopening. The seed is printed and can be given in BAYPLAN_TEST_SEED.
#include <cstdlib>
#include <map>
#include <memory>
#include <random>

#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

struct Node;
struct Item {
  std::string value{};
  std::shared_ptr<Node> bucket{};
};
struct Node {
  std::map<std::string, Item> items{};
  std::uint64_t sequence = 0;
};

std::shared_ptr<Node> copy_of(const Node& node) {
  auto copy = std::make_shared<Node>();
  copy->sequence = node.sequence;
  for (const auto& [key, item] : node.items) {
    copy->items[key] = {item.value, item.bucket ? copy_of(*item.bucket) : nullptr};
  }
  return copy;
}

void expect_same(const Bucket& bucket, const Node& node, bool is_root = false) {
  if (!is_root) {
    ASSERT_EQ(bucket.sequence().value(), node.sequence);
  }
  const auto cursor = bucket.cursor().value();
  auto entry = cursor->first().value();
  for (const auto& [key, item] : node.items) {
    ASSERT_TRUE(entry.has_value()) << "lost " << quoted(key);
    ASSERT_EQ(entry->key, key);
    ASSERT_EQ(entry->is_bucket, item.bucket != nullptr);
    if (item.bucket) {
      ASSERT_NO_FATAL_FAILURE(expect_same(*bucket.bucket(key).value(), *item.bucket));
    } else {
      ASSERT_EQ(entry->value, item.value);
      ASSERT_EQ(bucket.get(key).value(), item.value);
    }
    entry = cursor->next().value();
  }
  ASSERT_FALSE(entry.has_value());
  entry = cursor->last().value();
  for (auto at = node.items.rbegin(); at != node.items.rend(); ++at, entry = cursor->prev().value()) {
    ASSERT_TRUE(entry.has_value());
    ASSERT_EQ(entry->key, at->first);
  }
  ASSERT_FALSE(entry.has_value());
}

struct Stop {};  // thrown to undo

class Model : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    const char* given = std::getenv("BAYPLAN_TEST_SEED");
    seed_ = given != nullptr ? std::strtoul(given, nullptr, 10) : std::random_device{}();
    random_.seed(seed_);
    RecordProperty("seed", std::to_string(seed_));
  }

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::string some_key() {
    constexpr std::array<std::size_t, 10> kLong = {500, 501, 502, 503, 504, 1003, 1004, 1005, 1506, 4000};
    static constexpr std::string_view kTails{"\0ab\xff", 4};
    std::string key = one_in(3) ? std::string(kLong[below(kLong.size())], "xy"[below(2)]) : std::string();
    for (std::size_t left = below(3) + (key.empty() ? 1 : 0); left > 0; --left)
      key += kTails[below(kTails.size())];
    return key;
  }

  std::string some_value() { return std::string(one_in(50) ? below(20000) : below(200), "uvw"[below(3)]); }

  // A key of `node` more often than not.
  std::string likely_key(const Node& node) {
    if (node.items.empty() || one_in(3)) return some_key();
    return std::next(node.items.begin(), static_cast<std::ptrdiff_t>(below(node.items.size())))->first;
  }

  struct Spot {
    MutableBucket bucket;
    std::shared_ptr<Node> node;
    std::vector<Node*> path;
  };

  Spot somewhere(WriteTx& tx) {
    Spot spot{tx.root(), root_, {root_.get()}};
    while (spot.node == root_ || !one_in(3)) {
      std::vector<std::string> children;
      for (const auto& [key, item] : spot.node->items) {
        if (item.bucket) children.push_back(key);
      }
      if (children.empty()) break;
      const std::string& key = children[below(children.size())];
      spot.bucket = *spot.bucket.bucket(key).value();
      spot.node = spot.node->items[key].bucket;
      spot.path.push_back(spot.node.get());
    }
    return spot;
  }

  void put(Spot& spot) {
    const std::string key = likely_key(*spot.node);
    const std::string bytes = some_value();
    const auto there = spot.node->items.find(key);
    const bool refused = spot.node == root_ || (there != spot.node->items.end() && there->second.bucket);
    ASSERT_EQ(code(spot.bucket.put(key, bytes)),
              refused ? std::optional(Errc::failed_precondition) : std::optional<Errc>());
    if (!refused) spot.node->items[key] = {bytes, nullptr};
  }

  void erase(Spot& spot) {
    const std::string key = likely_key(*spot.node);
    const auto there = spot.node->items.find(key);
    const bool refused = there != spot.node->items.end() && there->second.bucket;
    ASSERT_EQ(code(spot.bucket.erase(key)),
              refused ? std::optional(Errc::failed_precondition) : std::optional<Errc>());
    if (!refused && there != spot.node->items.end()) spot.node->items.erase(there);
  }

  void create(Spot& spot) {
    const std::string key = likely_key(*spot.node);
    const auto created = spot.bucket.create_bucket(key);
    const auto there = spot.node->items.find(key);
    if (there == spot.node->items.end()) {
      ASSERT_TRUE(created) << created.error().to_string();
      spot.node->items[key] = {"", std::make_shared<Node>()};
    } else {
      ASSERT_EQ(code(created), there->second.bucket ? Errc::already_exists : Errc::failed_precondition);
    }
  }

  void remove(Spot& spot) {
    const std::string key = likely_key(*spot.node);
    const auto deleted = spot.bucket.delete_bucket(key);
    const auto there = spot.node->items.find(key);
    if (there == spot.node->items.end()) {
      ASSERT_EQ(code(deleted), Errc::not_found);
    } else if (!there->second.bucket) {
      ASSERT_EQ(code(deleted), Errc::failed_precondition);
    } else {
      ASSERT_TRUE(deleted) << deleted.error().to_string();
      spot.node->items.erase(there);
    }
  }

  static std::optional<Errc> expected_move(const Spot& from, const std::string& key, const Spot& to,
                                           const std::string& new_key) {
    const auto source = from.node->items.find(key);
    if (source == from.node->items.end()) return Errc::not_found;
    if (!source->second.bucket) return Errc::failed_precondition;
    const auto taken = to.node->items.find(new_key);
    if (taken != to.node->items.end()) {
      return taken->second.bucket ? Errc::already_exists : Errc::failed_precondition;
    }
    for (const Node* on_path : to.path) {
      if (on_path == source->second.bucket.get()) return Errc::invalid_argument;
    }
    return {};
  }

  void move(Spot& from, Spot& to) {
    const std::string key = likely_key(*from.node);
    const std::string new_key = one_in(2) ? key : some_key();
    const auto expected = expected_move(from, key, to, new_key);
    ASSERT_EQ(code(from.bucket.move_bucket(key, to.bucket, new_key)), expected);
    if (expected) return;
    const Item moved = from.node->items[key];
    from.node->items.erase(key);
    to.node->items[new_key] = moved;
  }

  // Steps a cursor while the bucket changes under it: always the neighbour of the key last answered.
  void walk(Spot& spot) {
    const auto cursor = spot.bucket.cursor().value();
    const auto& items = spot.node->items;
    std::string position = likely_key(*spot.node);
    auto entry = cursor->seek(position).value();
    auto expected = items.lower_bound(position);
    ASSERT_EQ(entry.has_value(), expected != items.end());
    for (int steps = 0; steps < 8; ++steps) {
      if (entry) position = entry->key;
      if (one_in(3)) {
        ASSERT_NO_FATAL_FAILURE(one_in(2) ? erase(spot) : put(spot));
      }
      const bool forward = one_in(2);
      entry = forward ? cursor->next().value() : cursor->prev().value();
      expected = forward ? items.upper_bound(position) : items.lower_bound(position);
      const bool at_end = forward ? expected == items.end() : expected == items.begin();
      ASSERT_EQ(entry.has_value(), !at_end);
      if (at_end) continue;
      ASSERT_EQ(entry->key, (forward ? expected : std::prev(expected))->first);
    }
  }

  void one_operation(WriteTx& tx) {
    Spot spot = somewhere(tx);
    switch (below(16)) {
      case 0:
        return remove(spot);
      case 1:
      case 2: {
        Spot other = somewhere(tx);
        return move(spot, other);
      }
      case 3:
      case 4:
      case 5:
        return create(spot);
      case 6:
      case 7:
      case 8:
        return erase(spot);
      case 9:
        spot.node->sequence += 1;
        ASSERT_EQ(spot.bucket.next_sequence().value(), spot.node->sequence);
        return;
      case 10:
        return walk(spot);
      default:
        return put(spot);
    }
  }

  void operations(WriteTx& tx, int depth) {
    for (std::size_t left = below(30); left > 0; --left) {
      if (depth < 4 && one_in(12)) {
        savepoint(tx, depth);
      } else {
        one_operation(tx);
      }
      if (HasFatalFailure()) throw Stop{};
    }
  }

  void savepoint(WriteTx& tx, int depth) {
    const auto before = copy_of(*root_);
    const bool undo = one_in(2);
    const auto result = tx.savepoint([&](WriteTx& inner) -> Result<void> {
      operations(inner, depth + 1);
      if (undo) return Error(Errc::cancelled, "test", {});
      return {};
    });
    ASSERT_EQ(result.has_value(), !undo);
    if (undo) root_ = before;
    ASSERT_NO_FATAL_FAILURE(expect_same(root_bucket(tx), *root_, true));
  }

  void transaction() {
    const auto before = copy_of(*root_);
    const bool undo = one_in(4);
    const auto result = db().update([&](WriteTx& tx) -> Result<void> {
      operations(tx, 0);
      if (undo) return Error(Errc::cancelled, "test", {});
      return {};
    });
    ASSERT_EQ(result.has_value(), !undo);
    if (undo) root_ = before;
  }

  std::size_t seed_ = 0;
  std::mt19937_64 random_;
  std::shared_ptr<Node> root_ = std::make_shared<Node>();
};

TEST_F(Model, random_operations_match_a_map_in_memory) {
  SCOPED_TRACE("BAYPLAN_TEST_SEED=" + std::to_string(seed_));
  std::unique_ptr<const ReadTx> old_reader;
  std::shared_ptr<Node> old_root;
  for (int round = 0; round < 80; ++round) {
    ASSERT_NO_FATAL_FAILURE(transaction());
    ASSERT_NO_FATAL_FAILURE(view([&](const ReadTx& tx) { expect_same(root_bucket(tx), *root_, true); }));
    if (old_reader) {
      ASSERT_NO_FATAL_FAILURE(expect_same(root_bucket(*old_reader), *old_root, true));
    }
    if (one_in(10)) {
      old_reader = db().begin_read().value();
      old_root = copy_of(*root_);
    }
    if (one_in(20)) {
      old_reader.reset();
      reopen();
    }
    if (one_in(5)) {
      ASSERT_TRUE(check(db(), {}).value().clean());
    }
  }
}

}  // namespace
}  // namespace bayplan::metadata
