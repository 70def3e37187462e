// Containers that run beside whoever starts them, in the hands of an OCI runtime (runc, crun).
//
//   auto at = service.start_container(id);             // runtime_service.h: mounted, config.json written
//   run_in_background(store, runtime, ns, id, *service.run_dir(id));
//   ...
//   end_in_background(store, runtime, ns, id, 10s, {});
//   service.stop_container(id);                        // unmounted
//
// While it runs, the container has a task (tasks.h), which is its first process. The runtime's own state lies
// in <run root>/.runtime, under the id <ns>+<id>, as that of run_foreground (service.h). Thread-safe, and
// safe beside other processes: who starts, ends or removes a container holds the lock of its bundle
// directory.
#pragma once

#include <chrono>
#include <filesystem>
#include <string_view>

#include "bayplan/base/progress.h"
#include "bayplan/containers/tasks.h"
#include "bayplan/images/store.h"

namespace bayplan::containers {

/// Has `runtime` create the container of `bundle`, a directory with its config.json, records the task, and
/// has it started. Its standard streams are /dev/null. What an earlier run left in the runtime is ended
/// first. Answers the task; after an error the runtime has nothing of the container, and there is no task.
/// Errors: not_found (container, runtime), failed_precondition (its task runs; the runtime refused, and with
/// which words), busy (somebody else starts, runs or removes it), permission_denied, those of tasks::create,
/// io.
Result<tasks::Task> run_in_background(const images::Store& store, const std::filesystem::path& runtime,
                                      std::string_view ns, std::string_view id,
                                      const std::filesystem::path& bundle);

/// Who tidies up behind a container that has ended.
enum class Ended : bool {
  here,        ///< done; the caller unmounts
  by_another,  ///< whoever has the container, as run_foreground does, which unmounts too
};

/// Sends the container SIGTERM, and when its task has not ended after `patience`, SIGKILL; waits for the end,
/// and removes the task and what the runtime keeps. A container that does not run is fine. Errors:
/// failed_precondition (whether its task runs cannot be told; the runtime refused), busy (SIGKILL does not
/// end it), cancelled (while waiting; it may still run), not_found (runtime), permission_denied, io.
Result<Ended> end_in_background(const images::Store& store, const std::filesystem::path& runtime,
                                std::string_view ns, std::string_view id, std::chrono::milliseconds patience,
                                const CancelToken& cancel);

}  // namespace bayplan::containers
