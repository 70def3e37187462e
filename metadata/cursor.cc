#include "cursor.h"

#include <utility>

#include "bucket_path.h"
#include "pages/store_rows.h"

namespace bayplan::metadata {
namespace {

constexpr std::uint64_t kEntriesBetweenLooks = 1024;

}  // namespace

// Rows that are pending belong to what the cursor walks over.
template <class State, class Rows>
Result<void> BasicTreeCursor<State, Rows>::ready(Direction direction) {
  if (direction != direction_) entered_ = 0;
  direction_ = direction;
  BAYPLAN_TRY(lifeline_.check());
  remember();
  BAYPLAN_TRY(state_->usable(bucket_));
  return state_->settle();
}

template <class State, class Rows>
void BasicTreeCursor<State, Rows>::remember() {
  if (!passed_.empty()) position_.assign(std::exchange(passed_, {}));
}

template <class State, class Rows>
void BasicTreeCursor<State, Rows>::to_top() {
  ids_.assign(1, rows_id_);
  prefix_.clear();
}

// Each continuation belongs to one chain. Rows that lead to the same ones again and again would make a few
// bytes a bucket without end.
template <class State, class Rows>
Result<void> BasicTreeCursor<State, Rows>::enter(const KeyedRow& chain) {
  const bool again = ++entered_ % kEntriesBetweenLooks == 0 && entered_ > state_->row_count();
  if (again || ids_.size() > kMaxChainDepth) {
    const RowKey row(level_id(), chain.key);
    return in_bucket(*state_, corrupt_row(row.bytes(), "the chain of a long key does not end"), row.bytes());
  }
  prefix_.append(chain.key.substr(0, kMaxChunkBytes));
  ids_.push_back(chain.row.number());
  return {};
}

// Out of the innermost continuation; answers its chain row's key.
template <class State, class Rows>
RowKey BasicTreeCursor<State, Rows>::pop() {
  const std::size_t outer = prefix_.size() - kMaxChunkBytes;
  ids_.pop_back();
  const RowKey chain = RowKey::chain(level_id(), std::string_view(prefix_).substr(outer));
  prefix_.resize(outer);
  return chain;
}

// From the end of a continuation to the neighbour of its chain row.
template <class State, class Rows>
FoundRow BasicTreeCursor<State, Rows>::leave(Direction direction) {
  const RowKey chain = pop();
  BAYPLAN_ASSIGN(const auto row, rows_.seek(level_id(), chain.user_key()));
  if (!row || row->key != chain.user_key())
    return in_bucket(*state_, corrupt_row(chain.bytes(), "the chain's row has vanished"), chain.bytes());
  return direction == Direction::forward ? rows_.next(level_id()) : rows_.prev(level_id());
}

// Stays on the chain's row, so that the next step goes on behind it.
template <class State, class Rows>
Error BasicTreeCursor<State, Rows>::empty_chain() {
  const RowKey chain = pop();
  ignore_error(rows_.seek(level_id(), chain.user_key()), "the error about the chain says more");
  return in_bucket(*state_, corrupt_row(chain.bytes(), "the chain of a long key is empty"), chain.bytes());
}

// From a row to the plain row that it stands for: chains are entered, and left at their ends.
template <class State, class Rows>
FoundRow BasicTreeCursor<State, Rows>::settle(FoundRow row, Direction direction) {
  bool entered = false;
  while (row) {
    if (*row && (*row)->row.tag != Tag::chain) return row;
    if (*row) {
      BAYPLAN_TRY(enter(**row));
      row = direction == Direction::forward ? rows_.first(level_id()) : rows_.last(level_id());
      entered = true;
    } else if (ids_.size() == 1) {
      return row;
    } else if (entered) {
      return empty_chain();
    } else {
      row = leave(direction);
    }
  }
  return row;
}

// The first row of a key >= `key`.
template <class State, class Rows>
FoundRow BasicTreeCursor<State, Rows>::find(std::string_view key) {
  to_top();
  entered_ = 0;
  while (key.size() > kMaxChunkBytes) {
    const RowKey chain = RowKey::chain(level_id(), key.substr(0, kMaxChunkBytes));
    auto row = rows_.seek(level_id(), chain.user_key());
    if (!row || !*row || (*row)->key != chain.user_key()) return settle(std::move(row), Direction::forward);
    BAYPLAN_TRY(enter(**row));
    key.remove_prefix(kMaxChunkBytes);
  }
  return settle(key.empty() ? rows_.first(level_id()) : rows_.seek(level_id(), key), Direction::forward);
}

template <class State, class Rows>
FoundRow BasicTreeCursor<State, Rows>::step(Direction direction) {
  return settle(direction == Direction::forward ? rows_.next(level_id()) : rows_.prev(level_id()), direction);
}

// The neighbour of position_ when the row cursor does not stand there: something was written, or an end
// reached.
template <class State, class Rows>
FoundRow BasicTreeCursor<State, Rows>::reposition(Direction direction) {
  auto row = find(position_);
  if (!row) return row;
  if (direction == Direction::forward) {
    const bool there = *row && prefix_.size() + (*row)->key.size() == position_.size() &&
                       position_.ends_with((*row)->key) && position_.starts_with(prefix_);
    return there ? step(direction) : std::move(row);
  }
  if (*row) return step(direction);
  to_top();
  return settle(rows_.last(level_id()), direction);
}

template <class State, class Rows>
Result<std::optional<Entry>> BasicTreeCursor<State, Rows>::answer(FoundRow found) {
  BAYPLAN_ASSIGN(const auto row, std::move(found));
  if (!row) return std::optional<Entry>{};
  position_.assign(prefix_).append(row->key);
  Result<std::optional<Entry>> entry{std::optional<Entry>(std::in_place)};
  fill(*row, **entry);
  return entry;
}

template <class State, class Rows>
void BasicTreeCursor<State, Rows>::fill(const KeyedRow& found, Entry& entry) {
  const Row& row = found.row;
  entry.key = prefix_.empty() ? state_->keep(found.key) : state_->arena().keep(position_);
  entry.value = {};
  entry.is_bucket = row.tag != Tag::value;
  entry.revision = row.revision;
  entry.bucket.reset();
  if (!entry.is_bucket) {
    entry.value = state_->keep(row.payload);
  } else if (!state_->writes()) {
    entry.bucket = rows_.handle(row);
  }
}

// From row to row of a snapshot, where nothing moves and no long key is about.
template <class State, class Rows>
bool BasicTreeCursor<State, Rows>::runs() const noexcept {
  return !state_->writes() && started_ && prefix_.empty() && direction_ == Direction::forward &&
         rows_.positioned();
}

template <class State, class Rows>
Result<std::optional<Entry>> BasicTreeCursor<State, Rows>::first() {
  BAYPLAN_TRY(ready(Direction::forward));
  position_.clear();
  started_ = true;
  return answer(find({}));
}

template <class State, class Rows>
Result<std::optional<Entry>> BasicTreeCursor<State, Rows>::last() {
  BAYPLAN_TRY(ready(Direction::backward));
  position_.clear();
  started_ = true;
  to_top();
  entered_ = 0;
  return answer(settle(rows_.last(level_id()), Direction::backward));
}

template <class State, class Rows>
Result<std::optional<Entry>> BasicTreeCursor<State, Rows>::next() {
  BAYPLAN_TRY(ready(Direction::forward));
  if (!started_) return std::optional<Entry>{};
  return answer(rows_.positioned() ? step(Direction::forward) : reposition(Direction::forward));
}

template <class State, class Rows>
Result<bool> BasicTreeCursor<State, Rows>::advance(Entry& entry) {
  BAYPLAN_TRY(lifeline_.check());
  if (!runs()) return BucketCursor::advance(entry);
  BAYPLAN_TRY(state_->usable());
  KeyedRow row;
  BAYPLAN_ASSIGN(const bool found, rows_.next(level_id(), row));
  return found ? arrive(row, entry) : Result<bool>(false);
}

template <class State, class Rows>
Result<bool> BasicTreeCursor<State, Rows>::advance_where(Entry& entry, InlineTest& test) {
  BAYPLAN_TRY(lifeline_.check());
  if (!runs()) return BucketCursor::advance_where(entry, test);
  BAYPLAN_TRY(state_->usable());
  KeyedRow row;
  while (true) {
    BAYPLAN_ASSIGN(const bool found, rows_.next(level_id(), row));
    if (!found) return false;
    const bool tested = row.row.tag == Tag::inline_bucket;
    if (!tested || test.passes(row.key, row.row.payload)) return arrive(row, entry);
    passed_ = row.key;
  }
}

// At `row`, which runs() has led to.
template <class State, class Rows>
Result<bool> BasicTreeCursor<State, Rows>::arrive(const KeyedRow& row, Entry& entry) {
  if (row.row.tag == Tag::chain) {
    remember();
    BAYPLAN_ASSIGN(const auto settled, answer(settle(FoundRow(row), Direction::forward)));
    if (settled) entry = *settled;
    return settled.has_value();
  }
  passed_ = row.key;
  fill(row, entry);
  return true;
}

template <class State, class Rows>
Result<std::optional<Entry>> BasicTreeCursor<State, Rows>::prev() {
  BAYPLAN_TRY(ready(Direction::backward));
  if (!started_) return std::optional<Entry>{};
  return answer(rows_.positioned() ? step(Direction::backward) : reposition(Direction::backward));
}

template <class State, class Rows>
Result<std::optional<Entry>> BasicTreeCursor<State, Rows>::seek(std::string_view key) {
  BAYPLAN_TRY(ready(Direction::forward));
  position_.assign(key);
  started_ = true;
  return answer(find(key));
}

template class BasicTreeCursor<ReadState, RowCursor>;
template class BasicTreeCursor<StoreState, StoreRows>;

}  // namespace bayplan::metadata
