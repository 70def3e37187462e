#include "bayplan/metadata/list.h"

namespace bayplan::metadata {
namespace {

// Damaged rows in a row that a cursor is stepped over before the list is given up.
constexpr int kMaxConsecutiveErrors = 256;

bool is_damage(const Error& error) {
  return error.code() == Errc::corrupt || error.code() == Errc::version_mismatch;
}

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
    Entry entry;
    auto found = begin(*cursor, entry);
    for (int errors = 0; !found || *found; found = cursor->advance(entry)) {
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

  Result<bool> begin(BucketCursor& cursor, Entry& entry) const {
    BAYPLAN_ASSIGN(const auto first, options_.after.empty() ? cursor.first() : cursor.seek(options_.after));
    if (!first) return false;
    if (first->key == options_.after) return cursor.advance(entry);
    entry = *first;
    return true;
  }

  // Asked when there is another key.
  bool full() { return end_.more = options_.limit != 0 && shown_ == options_.limit; }

  Result<void> offer(const Entry& entry) {
    const auto shown = show(entry);
    return shown ? Result<void>() : note(entry.key, shown.error());
  }

  Result<void> show(const Entry& entry) {
    if (entry.bucket) return show(entry, Bucket(records_.source(), *entry.bucket));
    BAYPLAN_ASSIGN(const auto record, records_.bucket(entry.key));
    if (!record) return Error(Errc::corrupt, "record", entry.key, "it is a plain value");
    return show(entry, *record);
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
