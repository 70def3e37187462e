#include "collection.h"

#include <string>
#include <utility>

#include "bayplan/metadata/gc.h"
#include "byte_order.h"
#include "tx_state.h"

namespace bayplan::metadata {
namespace {

constexpr std::string_view kBucket = "collection";
constexpr char kSeparator = '\0';
// Beyond this the collector gives up rather than the store fill with notes: it has died, or cannot keep up.
constexpr std::uint64_t kMostNotes = std::uint64_t{1} << 20;

std::string encode_sequence(std::uint64_t number) {
  std::string key(sizeof number, '\0');
  store_be(key.data(), number);
  return key;
}

Result<std::uint64_t> decode_sequence(std::string_view key) {
  if (key.size() != sizeof(std::uint64_t)) return Error(Errc::corrupt, "note", key, "its key is no number");
  return load_be<std::uint64_t>(key.data());
}

Result<void> visit_note(const Entry& entry, const NoteVisitor& visit) {
  const std::string_view note = entry.value;
  const std::size_t kind = note.find(kSeparator);
  const std::size_t ns = kind == std::string_view::npos ? kind : note.find(kSeparator, kind + 1);
  if (entry.is_bucket || ns == std::string_view::npos)
    return Error(Errc::corrupt, "note", entry.key, "it names no object");
  return visit(note.substr(0, kind), note.substr(kind + 1, ns - kind - 1), note.substr(ns + 1));
}

WriteCore& core_of(const WriteTx& tx) { return *state_of(tx).core; }

Result<void> stop_notes(WriteTx& tx) {
  BAYPLAN_ASSIGN(MutableBucket notes, tx.create_bucket_if_not_exists(kBucket));
  BAYPLAN_TRY(notes.next_sequence());  // a row, so that the header is written too
  core_of(tx).set_collection(0);
  return {};
}

Result<void> leave_note(WriteTx& tx, std::string_view kind, std::string_view ns, std::string_view key) {
  BAYPLAN_ASSIGN(MutableBucket notes, tx.create_bucket_if_not_exists(kBucket));
  BAYPLAN_ASSIGN(const std::uint64_t number, notes.next_sequence());
  if (number > kMostNotes) return stop_notes(tx);
  std::string note;
  note.reserve(kind.size() + ns.size() + key.size() + 2);
  note.append(kind).append(1, kSeparator).append(ns).append(1, kSeparator).append(key);
  return notes.put(encode_sequence(number), note);
}

Result<bool> has_notes(const ReadTx& tx) {
  BAYPLAN_ASSIGN(const auto notes, root_bucket(tx).bucket(kBucket));
  return notes.has_value();
}

/// Whether there are more.
Result<bool> drop_some(WriteTx& tx) {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  constexpr std::uint64_t kMost = 256;
  if (core_of(tx).collection() != 0) BAYPLAN_TRY(stop_notes(tx));
  BAYPLAN_ASSIGN(const bool none_left, drop_notes(tx, kAll, kMost));
  if (none_left) BAYPLAN_TRY(tx.delete_bucket(kBucket));
  return !none_left;
}

}  // namespace

Result<CollectorTurn> CollectorTurn::take(const Db& db) {
  BAYPLAN_TRY(db.opened());
  BAYPLAN_TRY(db.environment_->begin_collecting());
  return CollectorTurn(db.environment_);
}

CollectorTurn::~CollectorTurn() {
  if (environment_ && !environment_->forked()) environment_->end_collecting();
}

std::uint64_t collection_epoch(const WriteTx& tx) { return core_of(tx).collection(); }

Result<std::uint64_t> start_notes(WriteTx& tx) {
  const std::uint64_t epoch = tx.revision();
  BAYPLAN_TRY(tx.create_bucket(kBucket));
  core_of(tx).set_collection(epoch);
  return epoch;
}

Result<void> note_change(WriteTx& tx, std::string_view kind, std::string_view ns, std::string_view key,
                         Change change) {
  // Of what was only removed a collection need not know.
  if (change != Change::removed && collection_epoch(tx) != 0) BAYPLAN_TRY(leave_note(tx, kind, ns, key));
  core_of(tx).tell(kind, ns, key, change);
  return {};
}

Result<NotesRead> read_notes(const BucketSource& source, std::uint64_t after, std::uint64_t limit,
                             const NoteVisitor& visit) {
  NotesRead read{.last = after};
  BAYPLAN_ASSIGN(const auto notes, root_bucket(source).bucket(kBucket));
  if (!notes) return read;
  BAYPLAN_ASSIGN(const auto cursor, notes->cursor());
  auto entry = cursor->seek(encode_sequence(after + 1));
  for (; entry && *entry; entry = cursor->next()) {
    read.more = read.count == limit;
    if (read.more) return read;
    BAYPLAN_ASSIGN(read.last, decode_sequence((*entry)->key));
    BAYPLAN_TRY(visit_note(**entry, visit));
    ++read.count;
  }
  if (!entry) return std::move(entry).error();
  return read;
}

Result<bool> drop_notes(WriteTx& tx, std::uint64_t last, std::uint64_t limit) {
  BAYPLAN_ASSIGN(auto notes, tx.bucket(kBucket));
  if (!notes) return true;
  BAYPLAN_ASSIGN(const auto cursor, notes->cursor());
  auto entry = cursor->first();
  for (; entry && *entry; entry = cursor->first()) {
    BAYPLAN_ASSIGN(const std::uint64_t number, decode_sequence((*entry)->key));
    if (number > last) return true;
    if (limit-- == 0) return false;
    const std::string key((*entry)->key);
    BAYPLAN_TRY(notes->erase(key));
  }
  if (!entry) return std::move(entry).error();
  return true;
}

Result<void> end_notes(const Db& db) {
  BAYPLAN_ASSIGN(bool left, db.view(has_notes));
  while (left) {
    BAYPLAN_ASSIGN(left, db.update(drop_some, {.reclaiming = true}));
  }
  return {};
}

void end_dead_notes(const Db& db) {
  const auto left = db.view(has_notes);
  if (!left || !*left) return;
  const auto turn = CollectorTurn::take(db);
  if (turn) ignore_error(end_notes(db), "the next collection does it, or says why not");
}

}  // namespace bayplan::metadata
