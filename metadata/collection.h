// What a running collection leaves in the store: its epoch in the header row, and in the bucket "collection"
// the notes of what writers made and changed meanwhile. There is one collection at a time; one whose process
// died is ended by the next.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "bayplan/metadata/db.h"

namespace bayplan::metadata {

class Environment;

/// The right to collect, for as long as it lives.
class CollectorTurn {
 public:
  /// Errors: busy, read_only, closed, io.
  static Result<CollectorTurn> take(const Db& db);
  CollectorTurn(CollectorTurn&&) noexcept = default;
  CollectorTurn& operator=(CollectorTurn&&) noexcept = default;
  ~CollectorTurn();

 private:
  explicit CollectorTurn(std::shared_ptr<Environment> environment) : environment_(std::move(environment)) {}
  std::shared_ptr<Environment> environment_;
};

/// The epoch of the collection that writers of `tx` would leave notes for; 0: none.
std::uint64_t collection_epoch(const WriteTx& tx);
/// From its commit on, writers leave notes. Precondition: there are no notes. Errors: those of MutableBucket.
Result<std::uint64_t> start_notes(WriteTx& tx);
/// Ends the notes of a collection that is over, or came to no end, if there are any. Precondition: the caller
/// has the turn. Errors: as Db::update adds, and those of MutableBucket.
Result<void> end_notes(const Db& db);
/// end_notes() of a collector that died, unless one is at work. Called when a store is opened for writing.
void end_dead_notes(const Db& db);

using NoteVisitor =
    std::function<Result<void>(std::string_view kind, std::string_view ns, std::string_view key)>;
struct NotesRead {
  std::uint64_t last = 0;   ///< number of the last one that was visited
  std::uint64_t count = 0;  ///< visited
  bool more = false;        ///< `limit` was reached
};
/// Visits the notes behind number `after`, oldest first. Errors: visit's, corrupt, closed, io.
Result<NotesRead> read_notes(const BucketSource& source, std::uint64_t after, std::uint64_t limit,
                             const NoteVisitor& visit);
/// Removes up to `limit` of the oldest notes, none behind number `last`; whether it reached the end. Errors:
/// those of MutableBucket.
Result<bool> drop_notes(WriteTx& tx, std::uint64_t last, std::uint64_t limit);

}  // namespace bayplan::metadata
