// Watcher: change events of a store whoever commits, other processes included.
//
//   BAYPLAN_ASSIGN(auto watcher, metadata::Watcher::begin(db));
//   while (true) {
//     BAYPLAN_ASSIGN(const auto events, watcher.next(control));
//     for (const metadata::Event& event : events) ...
//   }
//
// Nobody writes a log of changes: a watcher compares the snapshot at which it stands with the newest one
// (diff.h). So
// - what happened between the two is one answer. Changes of one object coalesce: what was created and removed
//   in between is not told, what was removed and created again is `updated`.
// - within one answer the order is that of the stored tree: by namespace, then by bucket, then by key. Events
//   of one answer are never of commits after those of the next: between answers nothing is reordered. All
//   events of an answer carry the revision of the snapshot that it leads to.
// - only records are told: images, content, ingests, containers, sandboxes, snapshots, leases, and namespaces
//   with their labels. That a snapshot got or lost a child is no change of it.
//
// A watcher wakes by inotify on the store's data file. Where that is refused (limits, no /proc) it looks
// again every kPollInterval, which is also how soon it notices a cancellation.
//
// Between two calls of next() the snapshot stays, and with it the pages that later commits replaced: the file
// grows by what is written meanwhile, instead of reusing them. Whoever handles events slowly should take them
// off first. While the store is idle nothing is kept, but the address space of the store (map_bytes) does not
// grow in this process as long as a watcher lives. The number of the snapshot alone would not do: what was
// removed since leaves no trace in the store.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "bayplan/base/progress.h"
#include "bayplan/metadata/db.h"
#include "bayplan/metadata/events.h"

namespace bayplan {
class FileWatch;
}  // namespace bayplan

namespace bayplan::metadata {

/// Keeps the store open. One thread at a time.
class Watcher {
 public:
  static constexpr std::chrono::milliseconds kPollInterval{100};

  /// Stands at the last commit: what comes later is told. Takes a reader slot. A handle opened for reading
  /// only will do. Errors: as Db::view adds.
  static Result<Watcher> begin(const Db& db);
  Watcher(Watcher&&) noexcept;
  Watcher& operator=(Watcher&&) noexcept;
  ~Watcher();

  /// The events since the last call, at once if there are any; else waits for the next commit that changes a
  /// record. Empty: `deadline` passed first; one that has passed already makes this a look without waiting.
  /// After an error the watcher stands where it stood. Errors: cancelled; corrupt; as Db::view adds.
  Result<std::vector<Event>> next(const Control& control,
                                  std::optional<std::chrono::steady_clock::time_point> deadline = {});

  /// Where it stands: the state after the events of the last next(). Valid until the next one.
  const ReadTx& snapshot() const noexcept { return *at_; }

 private:
  Watcher(Db db, std::unique_ptr<const ReadTx> at, std::unique_ptr<FileWatch> file);
  Result<std::vector<Event>> look();

  Db db_;
  std::unique_ptr<const ReadTx> at_;
  std::unique_ptr<FileWatch> file_;
};

}  // namespace bayplan::metadata
