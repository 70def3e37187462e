// Tasks: what runs. A container is a record and knows nothing of processes; while something runs it, a task
// of the same ID says which process. It is made by who starts the container and removed when the process has
// ended; the container stays. In the caller's transaction; all-or-nothing each.
//
//   runc("create", "--pid-file", ..);                                       // the process waits
//   auto task = tasks::of_process(id, pid);
//   db.update([&](WriteTx& tx) { return tasks::create(tx, ns, *task); });
//   runc("start", ..);                                                      // and when it has ended:
//   db.update([&](WriteTx& tx) { return tasks::remove(tx, ns, id); });
//
// A process that was killed leaves its task behind: pid, start time and boot tell that it has ended, and who
// starts or removes the container next, or a collection, clears it. Where nothing can be told, as of a
// process in another pid namespace, the task counts as running. run_foreground (service.h) keeps a task
// itself.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "bayplan/base/time.h"
#include "bayplan/metadata/gc.h"

namespace bayplan::containers::tasks {

struct Task {
  std::string id;                   ///< of its container
  std::int64_t pid = 0;             ///< the process whose end is the task's; in its own pid namespace
  std::uint64_t pid_namespace = 0;  ///< inode number
  std::uint64_t start_time = 0;     ///< of the process, in clock ticks since the boot
  std::string boot_id;
  Time created{};  ///< set by create()

  friend bool operator==(const Task&, const Task&) = default;
};

enum class State {
  running,
  ended,    ///< the process has, or the boot
  unknown,  ///< nothing proves either: treated as running
};
/// "running", "ended", "unknown".
std::string_view to_string(State state) noexcept;

/// The task that the process `pid` of our pid namespace is. Precondition: pid > 0. Errors: not_found (no such
/// process), unsupported (no /proc of our pid namespace), permission_denied, io.
Result<Task> of_process(std::string_view id, pid_t pid);

/// Asks /proc. Thread-safe.
State state(const Task& task);

/// One that has ended is replaced. Errors: not_found (kind "container"), already_exists (kind "task": the
/// container has one), invalid_argument (pid, boot), and those of MutableBucket.
Result<void> create(metadata::WriteTx& tx, std::string_view ns, const Task& task);

/// Whatever became of its process. Errors: not_found (kind "task"), corrupt, closed, io.
Result<Task> get(const metadata::BucketSource& source, std::string_view ns, std::string_view id);

/// Removes the task; process and container stay as they are. Errors: not_found (kind "task"), and those of
/// MutableBucket.
Result<void> remove(metadata::WriteTx& tx, std::string_view ns, std::string_view id);

/// Removes the task if it has ended; there being none is fine. Errors: failed_precondition (it runs, or
/// cannot be told), corrupt, and those of MutableBucket.
Result<void> clear_ended(metadata::WriteTx& tx, std::string_view ns, std::string_view id);

/// In order of the IDs. A record that does not decode is an error naming it. Errors: visit's, corrupt,
/// closed, io.
Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Task&)>& visit);

/// kind() "task". Tasks are roots until they have ended; then they go with the next collection. Immutable,
/// lives as long as the process.
const metadata::GcKind& gc_kind();

}  // namespace bayplan::containers::tasks
