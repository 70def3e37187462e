#include "bayplan/metadata/list.h"

#include "bayplan/metadata/record_entry.h"

namespace bayplan::metadata {
namespace {

// Damaged rows in a row that a cursor is stepped over before the list is given up.
constexpr int kMaxConsecutiveErrors = 256;

bool is_damage(const Error& error) {
  return error.code() == Errc::corrupt || error.code() == Errc::version_mismatch;
}

// What matches, and what is wrong, which offer() finds again.
class Wanted final : public InlineTest {
 public:
  /// `errors` become 0 with every record that can be read.
  Wanted(const BoundFilter& filter, int& errors) : filter_(filter), errors_(errors) {}

  bool passes(std::string_view key, std::string_view bytes) override {
    errors_ = 0;
    const auto matches = filter_.matches(key, bytes);
    return !matches || *matches;
  }

 private:
  const BoundFilter& filter_;
  int& errors_;
};

class Lister {
 public:
  Lister(const Bucket& records, const BoundFilter& filter, const ListOptions& options, const ListSink& sink)
      : records_(records), filter_(filter), options_(options), sink_(sink) {}

  Result<ListEnd> run() {
    BAYPLAN_TRY(filter_.keys() ? look_up(*filter_.keys()) : scan());
    return std::move(end_);
  }

 private:
  Result<void> look_up(const std::set<std::string, std::less<>>& keys) {
    for (auto key = keys.upper_bound(options_.after); key != keys.end(); ++key) {
      const auto entry = records_.entry(*key);
      if (!entry) {
        BAYPLAN_TRY(note(*key, entry.error()));
      } else if (*entry && full()) {
        return {};
      } else if (*entry) {
        BAYPLAN_TRY(offer(**entry));
      }
    }
    return {};
  }

  Result<void> scan() {
    BAYPLAN_ASSIGN(const auto cursor, records_.cursor());
    int errors = 0;
    Wanted wanted(filter_, errors);
    Entry entry;
    for (auto found = begin(*cursor, entry); !found || *found; found = step(*cursor, entry, wanted)) {
      if (full()) return {};
      if (found) {
        errors = 0;
        BAYPLAN_TRY(offer(entry));
      } else {
        if (++errors == kMaxConsecutiveErrors) return std::move(found).error();
        BAYPLAN_TRY(note({}, found.error()));
      }
    }
    return {};
  }

  // Behind the last that may be shown any key will do.
  Result<bool> step(BucketCursor& cursor, Entry& entry, Wanted& wanted) const {
    return filter_.matches_all() || at_limit() ? cursor.advance(entry) : cursor.advance_where(entry, wanted);
  }

  Result<bool> begin(BucketCursor& cursor, Entry& entry) const {
    BAYPLAN_ASSIGN(const auto first, options_.after.empty() ? cursor.first() : cursor.seek(options_.after));
    if (!first) return false;
    if (first->key == options_.after) return cursor.advance(entry);
    entry = *first;
    return true;
  }

  // Asked when there is another key.
  bool full() { return end_.more = at_limit(); }
  bool at_limit() const noexcept { return options_.limit != 0 && shown_ == options_.limit; }

  Result<void> offer(const Entry& entry) {
    const auto shown = show(entry);
    return shown ? Result<void>() : note(entry.key, shown.error());
  }

  Result<void> show(const Entry& entry) {
    BAYPLAN_ASSIGN(const Bucket record, record_at(records_, entry, "record"));
    return show(entry, record);
  }

  Result<void> show(const Entry& entry, const Bucket& record) {
    auto matches = filter_.matches(entry.key, record);
    if (!matches) return std::move(matches).error().with_context("record", entry.key);
    if (!*matches) return {};
    BAYPLAN_TRY(sink_.record(entry.key, record));
    end_.last = entry.key;
    ++shown_;
    return {};
  }

  // Damage goes to the sink; anything else ends the list.
  Result<void> note(std::string_view key, const Error& error) {
    if (!is_damage(error) || !sink_.problem) return error;
    sink_.problem(key, error);
    return {};
  }

  const Bucket& records_;
  const BoundFilter& filter_;
  const ListOptions& options_;
  const ListSink& sink_;
  ListEnd end_{};
  std::size_t shown_ = 0;
};

}  // namespace

Result<ListEnd> list(const Bucket& records, const BoundFilter& filter, const ListOptions& options,
                     const ListSink& sink) {
  return Lister(records, filter, options, sink).run();
}

}  // namespace bayplan::metadata
