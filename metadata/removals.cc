#include "bayplan/metadata/removals.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "bayplan/base/fault.h"
#include "bayplan/base/threads.h"
#include "byte_order.h"
#include "collection.h"

namespace bayplan::metadata {
namespace {

constexpr std::string_view kBucket = "removals";
// What is unlinked between two looks at the queue, and taken from it by one transaction.
constexpr std::size_t kBatch = 256;
// A file system frees inodes in the thread that unlinks, mostly waiting for its own locks.
constexpr std::size_t kMostThreads = 4;
constexpr std::size_t kWorthAThread = 16;

using Batch = std::vector<Removal>;

std::string encode_revision(std::uint64_t revision) {
  std::string bytes(sizeof revision, '\0');
  store_be(bytes.data(), revision);
  return bytes;
}

Result<Removal> decode(const Entry& entry) {
  if (entry.is_bucket || entry.value.size() != sizeof(std::uint64_t))
    return Error(Errc::corrupt, "removal", entry.key, "is no number of a commit");
  return Removal{std::string(entry.key), load_be<std::uint64_t>(entry.value.data())};
}

Result<std::optional<std::string_view>> queued(const BucketSource& source, std::string_view kind,
                                               std::string_view name) {
  BAYPLAN_ASSIGN(const auto names, root_bucket(source).descend({kBucket, kind}));
  if (!names) return std::optional<std::string_view>();
  return names->get(name);
}

using FirstError = std::optional<Error>;

void note(FirstError& first, Error error) {
  if (!first) first = std::move(error);
}

/// The next ones behind `after`, without those that are damaged.
Result<Batch> read_batch(const BucketSource& source, std::string_view kind, const std::string& after,
                         FirstError& damage) {
  Batch batch;
  BAYPLAN_ASSIGN(const auto names, root_bucket(source).descend({kBucket, kind}));
  if (!names) return batch;
  BAYPLAN_ASSIGN(const auto cursor, names->cursor());
  auto entry = cursor->seek(after + '\0');
  for (; entry && *entry && batch.size() < kBatch; entry = cursor->next()) {
    auto removal = decode(**entry);
    if (removal) {
      batch.push_back(*std::move(removal));
    } else {
      note(damage, std::move(removal).error());
    }
  }
  if (!entry) return std::move(entry).error();
  return batch;
}

Result<void> drop_batch(WriteTx& tx, std::string_view kind, std::span<const Removal> done) {
  BAYPLAN_ASSIGN(auto queue, tx.bucket(kBucket));
  BAYPLAN_ASSIGN(auto names, queue ? queue->bucket(kind) : std::optional<MutableBucket>());
  if (!names) return {};
  for (const Removal& removal : done) {
    BAYPLAN_ASSIGN(const auto value, names->get(removal.name));
    if (value && *value == encode_revision(removal.revision)) BAYPLAN_TRY(names->erase(removal.name));
  }
  return {};
}

/// Unlinks what is queued of one kind. What cannot be unlinked holds up no others.
class Unlinking {
 public:
  Unlinking(const Db& db, std::string_view word, GcKinds kinds, const Control& control)
      : db_(db), word_(word), kinds_(kinds), control_(control) {}

  Result<FileSweep> run(std::size_t most) {
    std::string after;
    while (most > 0) {
      BAYPLAN_ASSIGN(Batch batch, next_batch(after));
      if (batch.empty()) break;
      batch.resize(std::min(most, batch.size()));
      most -= batch.size();
      after = batch.back().name;
      BAYPLAN_TRY(unlink(batch));
    }
    if (first_error_) return *std::move(first_error_);
    return swept_;
  }

 private:
  Result<Batch> next_batch(const std::string& after) {
    return db_.view([&](const ReadTx& tx) -> Result<Batch> {
      BAYPLAN_ASSIGN(Batch batch, read_batch(tx, word_, after, first_error_));
      if (!batch.empty() && durable_ == 0) BAYPLAN_TRY(make_durable(tx.revision()));
      return batch;
    });
  }

  // A power cut can take a weak commit back, and the record with it that names the files.
  Result<void> make_durable(std::uint64_t revision) {
    BAYPLAN_TRY(db_.sync());
    durable_ = revision;
    return {};
  }

  Result<void> unlink(const Batch& batch) {
    done_.clear();
    std::atomic<std::size_t> next = 0;
    in_threads(std::min({kMostThreads, processors(), 1 + batch.size() / kWorthAThread}), [&] {
      for (std::size_t at = next++; at < batch.size() && !control_.cancel.cancelled(); at = next++)
        take(batch[at]);
    });
    BAYPLAN_TRY(control_.cancel.check());
    BAYPLAN_TRY(fault::at(fault::Point::removals_unlinked));
    if (done_.empty()) return {};
    return db_.update([&](WriteTx& tx) { return drop_batch(tx, word_, done_); }, {.reclaiming = true});
  }

  // In several threads at once.
  void take(const Removal& removal) {
    if (removal.revision > durable_) return;
    auto gone = unlink(removal);
    const std::lock_guard guard(mutex_);
    if (!gone) return note(first_error_, std::move(gone).error());
    if (!*gone) return;
    done_.push_back(removal);
    swept_ += **gone;
    if (control_.progress) control_.progress({"unlink", removal.name, swept_.bytes});
  }

  // None when its files are still in use.
  Result<std::optional<FileSweep>> unlink(const Removal& removal) const {
    for (const GcKind* kind : kinds_) {
      if (kind->kind() != word_) continue;
      BAYPLAN_ASSIGN(const auto swept, kind->unlink(db_, removal));
      if (swept) return swept;
    }
    return std::optional<FileSweep>();
  }

  const Db& db_;
  std::string_view word_;
  GcKinds kinds_;
  const Control& control_;
  std::uint64_t durable_ = 0;  // commits up to this one are
  std::mutex mutex_;           // of what follows, while threads unlink
  std::vector<Removal> done_{};
  FirstError first_error_{};
  FileSweep swept_{};
};

}  // namespace

Result<void> queue_removal(WriteTx& tx, std::string_view kind, std::string_view name) {
  BAYPLAN_ASSIGN(MutableBucket queue, tx.create_bucket_if_not_exists(kBucket));
  BAYPLAN_ASSIGN(MutableBucket names, queue.create_bucket_if_not_exists(kind));
  return names.put(name, encode_revision(tx.revision()));
}

Result<void> drop_removal(WriteTx& tx, std::string_view kind, std::string_view name) {
  BAYPLAN_ASSIGN(const bool there, is_queued(tx, kind, name));
  if (!there) return {};
  BAYPLAN_ASSIGN(auto names, tx.root().descend({kBucket, kind}));
  return names ? names->erase(name) : Result<void>{};
}

Result<bool> is_queued(const BucketSource& source, std::string_view kind, const Removal& removal) {
  BAYPLAN_ASSIGN(const auto value, queued(source, kind, removal.name));
  return value && *value == encode_revision(removal.revision);
}

Result<bool> is_queued(const BucketSource& source, std::string_view kind, std::string_view name) {
  BAYPLAN_ASSIGN(const auto value, queued(source, kind, name));
  return value.has_value();
}

Result<FileSweep> unlink_removed(const Db& db, GcKinds kinds, std::size_t most, const Control& control) {
  FileSweep all;
  FirstError first_error;
  std::vector<std::string_view> words;
  for (const GcKind* kind : kinds) {
    if (std::find(words.begin(), words.end(), kind->kind()) != words.end()) continue;
    words.push_back(kind->kind());
    BAYPLAN_TRY(control.cancel.check());
    auto swept = Unlinking(db, kind->kind(), kinds, control).run(most);
    if (swept) all += *swept;
    if (!swept) note(first_error, std::move(swept).error());
  }
  if (first_error) return *std::move(first_error);
  return all;
}

}  // namespace bayplan::metadata
