#include "lockstep.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

namespace bayplan::metadata {
namespace {

constexpr std::size_t kMaxBuckets = 700;  // more, and something large is deleted
constexpr int kMaxSavepoints = 5;
const model::Node kNothing;

Error cancelled() { return {Errc::cancelled, "test", {}}; }

std::string text_of(const Outcome& outcome) {
  return outcome.error ? std::string(errc_name(*outcome.error)) : "success " + std::to_string(outcome.number);
}

std::string text_of(const std::optional<Entry>& entry) {
  if (!entry) return "nothing";
  return quoted(entry->key) +
         (entry->is_bucket ? " bucket" : " value of " + std::to_string(entry->value.size()));
}

bool same(const std::optional<Entry>& one, const std::optional<Entry>& other) {
  if (!one || !other) return !one && !other;
  return one->key == other->key && one->value == other->value && one->is_bucket == other->is_bucket;
}

void expect_equal(const Result<std::optional<Entry>>& real, const Result<std::optional<Entry>>& expected,
                  const std::string& where) {
  const Outcome one = outcome_of(real);
  const Outcome other = outcome_of(expected);
  if (one != other) throw Mismatch(where + ": " + text_of(one) + " instead of " + text_of(other));
  if (real && !same(*real, *expected))
    throw Mismatch(where + ": " + text_of(*real) + " instead of " + text_of(*expected));
}

class Comparison {
 public:
  Comparison(const model::State& state, const std::vector<const model::State*>& others)
      : state_(state), others_(others) {}

  // Whether anything at or below `id` is to be compared; remembers the answer.
  bool mark(std::uint64_t id) {
    bool found = differs(id);
    if (found) here_.insert(id);
    for (const auto& [key, item] : state_.node(id).items) {
      if (item.bucket != 0 && mark(item.bucket)) found = true;
    }
    if (found) below_.insert(id);
    return found;
  }

  void run(const Bucket& bucket, std::uint64_t id) const {
    if (!below_.contains(id)) return;
    if (here_.contains(id)) compare(bucket, id);
    for (const auto& [key, item] : state_.node(id).items) {
      if (item.bucket == 0 || !below_.contains(item.bucket)) continue;
      const auto found = bucket.bucket(key).value();
      if (!found) throw Mismatch("bucket " + quoted(key) + " is lost");
      run(*found, item.bucket);
    }
  }

 private:
  bool differs(std::uint64_t id) const {
    if (others_.empty()) return true;
    for (const model::State* other : others_) {
      const auto found = other->nodes.find(id);
      if (found == other->nodes.end() || found->second != state_.nodes.at(id)) return true;
    }
    return false;
  }

  void compare(const Bucket& bucket, std::uint64_t id) const {
    const model::Node& node = state_.node(id);
    const std::string where = "bucket " + std::to_string(id);
    if (id != model::kRootId && bucket.sequence().value() != node.sequence)
      throw Mismatch(where + ": sequence");
    const auto cursor = bucket.cursor().value();
    auto entry = cursor->first();
    for (const auto& [key, item] : node.items) {
      if (id == model::kRootId && *entry && (*entry)->key == kLogBucket) entry = cursor->next();
      const Entry expected{key, item.value, item.bucket != 0};
      expect_equal(entry, std::optional<Entry>(expected), where);
      expect_equal(bucket.entry(key), std::optional<Entry>(expected), where);
      entry = cursor->next();
    }
    if (id == model::kRootId && *entry && (*entry)->key == kLogBucket) entry = cursor->next();
    expect_equal(entry, std::optional<Entry>(), where);
    compare_backwards(*cursor, node, id);
  }

  void compare_backwards(BucketCursor& cursor, const model::Node& node, std::uint64_t id) const {
    auto entry = cursor.last();
    for (auto item = node.items.rbegin(); item != node.items.rend(); ++item, entry = cursor.prev()) {
      if (id == model::kRootId && *entry && (*entry)->key == kLogBucket) entry = cursor.prev();
      const Entry expected{item->first, item->second.value, item->second.bucket != 0};
      expect_equal(entry, std::optional<Entry>(expected), "backwards in bucket " + std::to_string(id));
    }
  }

  const model::State& state_;
  const std::vector<const model::State*>& others_;
  std::set<std::uint64_t> here_{};
  std::set<std::uint64_t> below_{};
};

}  // namespace

void expect_same(const BucketSource& source, const model::State& state,
                 const std::vector<const model::State*>& others) {
  Comparison comparison(state, others);
  if (comparison.mark(model::kRootId)) comparison.run(root_bucket(source), model::kRootId);
}

// Few enough to meet again; long ones around the chunk limit of long keys.
std::string Lockstep::some_key() {
  static constexpr std::array<std::size_t, 10> kLong = {500,  501,  502,  503,  504,
                                                        1003, 1004, 1005, 1506, 4000};
  static constexpr std::string_view kTails{"\0ab\xff", 4};
  static constexpr std::array<const char*, 6> kFields = {"createdat", "digest", "labels",
                                                         "mediatype", "size",   "target"};
  if (random_.one_in(2)) return kFields[random_.below(kFields.size())];
  if (random_.one_in(500)) return std::string(32768, "xy"[random_.below(2)]);
  std::string key = random_.one_in(4)
                        ? std::string(kLong[random_.below(kLong.size())], "xy"[random_.below(2)])
                        : std::string();
  for (std::size_t left = random_.below(3) + (key.empty() ? 1 : 0); left > 0; --left)
    key += kTails[random_.below(kTails.size())];
  return key;
}

// A key that is there more often than not.
std::string Lockstep::likely_key(const Items& items) {
  if (items.empty() || random_.one_in(3)) return some_key();
  return std::next(items.begin(), static_cast<std::ptrdiff_t>(random_.below(items.size())))->first;
}

std::uint64_t Lockstep::some_size() {
  switch (random_.below(24)) {
    case 0:
      return random_.between(511, 513);
    case 1:
      return random_.between(900, 1100);
    case 2:
      return random_.below(2100);
    case 3:
      return random_.one_in(4) ? random_.below(20000) : 0;
    case 4:
    case 5:
    case 6:
      return random_.below(300);
    default:
      return random_.below(40);
  }
}

const Lockstep::Items& Lockstep::items_of(const Both& both) const {
  const auto found = state_->nodes.find(both.expected.handle().id);
  return found == state_->nodes.end() ? kNothing.items : found->second->items;
}

std::optional<Lockstep::Both> Lockstep::child(Both& parent, const std::string& key) {
  const auto real = parent.real.bucket(key);
  const auto expected = parent.expected.bucket(key);
  if (outcome_of(real) != outcome_of(expected) || (real && real->has_value() != expected->has_value())) {
    throw Mismatch("bucket " + quoted(key) + " is there on one side only");
  }
  if (!real || !*real) return {};
  return Both{**real, **expected};
}

Lockstep::Both Lockstep::somewhere(WriteTx& real, model::WriteTx& expected) {
  Both at = root(real, expected);
  for (bool first = true; first || !random_.one_in(3); first = false) {
    std::vector<const std::string*> names;
    for (const auto& [key, item] : items_of(at)) {
      if (item.bucket != 0) names.push_back(&key);
    }
    if (names.empty()) break;
    at = *child(at, std::string(*names[random_.below(names.size())]));
  }
  return at;
}

void Lockstep::run(Operation operation, Both& bucket, Both& target) {
  operation.bucket = bucket.expected.handle().id;
  operation.target = target.expected.handle().id;
  ++count_;
  const Outcome real = perform(operation, bucket.real, target.real);
  const Outcome expected = perform(operation, bucket.expected, target.expected);
  if (real != expected) {
    throw Mismatch("operation " + std::to_string(count_) + ", " + operation.describe() + ": " +
                   text_of(real) + " instead of " + text_of(expected));
  }
  if (!expected.error) done_.push_back(std::move(operation));
}

Operation Lockstep::some_operation(const Items& items) {
  using Kind = Operation::Kind;
  static constexpr std::array<Kind, 20> kKinds = {
      Kind::put,           Kind::put,         Kind::put,
      Kind::put,           Kind::put,         Kind::put,
      Kind::erase,         Kind::erase,       Kind::erase,
      Kind::create,        Kind::create,      Kind::create,
      Kind::create,        Kind::remove,      Kind::remove,
      Kind::move,          Kind::move,        Kind::create_if_absent,
      Kind::next_sequence, Kind::set_sequence};
  Operation operation;
  operation.kind = kKinds[random_.below(kKinds.size())];
  operation.key = likely_key(items);
  operation.number =
      operation.kind == Kind::set_sequence && random_.one_in(10) ? ~std::uint64_t{0} : some_size();
  operation.fill = 'u' + random_.below(3);
  if (operation.kind == Kind::move) operation.new_key = random_.one_in(2) ? operation.key : some_key();
  return operation;
}

// `held` are buckets opened earlier in this transaction; some were moved or deleted meanwhile.
void Lockstep::one_operation(WriteTx& real, model::WriteTx& expected, std::vector<Both>& held) {
  const auto pick = [&] {
    return !held.empty() && random_.one_in(2) ? held[random_.below(held.size())] : somewhere(real, expected);
  };
  Both bucket = pick();
  // The store's root also holds the operation log.
  if (random_.one_in(16) && bucket.expected.handle().id != model::kRootId) return walk(bucket);
  Both target = pick();
  if (bucket.expected.handle().id == model::kRootId && !random_.one_in(3)) {
    return run({Operation::Kind::create_if_absent, 0, some_key()}, bucket, target);
  }
  run(some_operation(items_of(bucket)), bucket, target);
  if (held.size() < 8) {
    held.push_back(bucket);
  } else {
    held[random_.below(held.size())] = bucket;
  }
}

// Deletes the bucket with the most below it.
void Lockstep::shrink(WriteTx& real, model::WriteTx& expected) {
  std::string largest;
  std::size_t most = 0;
  Both top = root(real, expected);
  for (const auto& [key, item] : items_of(top)) {
    const std::size_t size = state_->subtree(item.bucket).size();
    if (size > most) largest = key;
    most = std::max(most, size);
  }
  run({Operation::Kind::remove, 0, largest}, top, top);
}

void Lockstep::step(BucketCursor& real, BucketCursor& expected, const Items& items) {
  switch (random_.below(12)) {
    case 0:
      return expect_equal(real.first(), expected.first(), "first");
    case 1:
      return expect_equal(real.last(), expected.last(), "last");
    case 2: {
      const std::string key = likely_key(items);
      return expect_equal(real.seek(key), expected.seek(key), "seek");
    }
    case 3:
    case 4:
    case 5:
    case 6:
      return expect_equal(real.prev(), expected.prev(), "prev");
    default:
      return expect_equal(real.next(), expected.next(), "next");
  }
}

// Two cursors over one bucket while it changes under them.
void Lockstep::walk(Both& bucket) {
  const auto real = bucket.real.cursor();
  const auto expected = bucket.expected.cursor();
  if (outcome_of(real) != outcome_of(expected)) throw Mismatch("cursor: " + text_of(outcome_of(real)));
  if (!real) return;
  for (std::size_t left = random_.between(2, 12); left > 0; --left) {
    step(**real, **expected, items_of(bucket));
    if (random_.one_in(3)) run(some_operation(items_of(bucket)), bucket, bucket);
  }
}

void Lockstep::savepoint(WriteTx& real, model::WriteTx& expected, int depth) {
  const model::State before = *state_;
  const std::size_t mark = done_.size();
  model::State inside;
  const std::size_t end = random_.below(5);
  const auto body = [&](WriteTx& inner_real, model::WriteTx& inner_expected) -> Result<void> {
    operations(inner_real, inner_expected, depth + 1);
    inside = *state_;
    if (end == 0) throw Undo{};
    if (end == 1) return cancelled();
    return {};
  };
  try {
    const auto result = real.savepoint([&](WriteTx& inner_real) {
      return expected.savepoint([&](model::WriteTx& inner) { return body(inner_real, inner); });
    });
    if (result.has_value() != (end > 1)) throw Mismatch("savepoint: " + text_of(outcome_of(result)));
  } catch (const Undo&) {
    if (end != 0) throw;
  }
  if (end <= 1) done_.resize(mark);
  if (random_.one_in(4)) expect_same(real, *state_, {&before, &inside});
}

void Lockstep::operations(WriteTx& real, model::WriteTx& expected, int depth) {
  std::vector<Both> held;
  for (std::size_t left = random_.between(1, 12); left > 0; --left) {
    if (depth < kMaxSavepoints && random_.one_in(10)) {
      savepoint(real, expected, depth);
    } else {
      one_operation(real, expected, held);
    }
  }
  if (state_->nodes.size() > kMaxBuckets) shrink(real, expected);
}

Result<void> Lockstep::transaction(WriteTx& real, model::WriteTx& expected) {
  state_ = &expected.core().state;
  done_.clear();
  operations(real, expected, 0);
  inside_ = *state_;
  if (random_.one_in(16)) throw Undo{};
  if (random_.one_in(8)) return cancelled();
  return {};
}

}  // namespace bayplan::metadata
