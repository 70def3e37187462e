// container start, stop.
#include <memory>

#include "bayplan/containers/background.h"
#include "bayplan/containers/service.h"
#include "print.h"
#include "service_parts.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

using std::filesystem::path;

Result<void> start_one(const Session& session, const Services& services, const path& runtime,
                       const std::string& id) {
  BAYPLAN_ASSIGN(const path mounted, services.runtime.start_container(id));
  BAYPLAN_ASSIGN(const path bundle, services.runtime.run_dir(id));
  auto task = containers::run_in_background(*services.store, runtime, session.ns, id, bundle);
  if (!task) {
    ignore_error(services.storage.unmount_container(id), "why it does not run is the answer");
    return std::move(task).error();
  }
  if (!session.json()) {
    print_line(id);
    return {};
  }
  json::Writer out = begin_json();
  out.member("id", id).key("pid").integer(task->pid);
  out.member("mountpoint", mounted.native()).member("bundle", bundle.native()).end_object();
  print_json(std::move(out));
  return {};
}

Result<int> start_containers(const Session& session, const std::vector<std::string>& texts) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_present_store));
  BAYPLAN_ASSIGN(const auto ids, find_containers(session, *services.store, texts));
  BAYPLAN_ASSIGN(const path runtime, containers::find_runtime());
  for (const auto& id : ids) BAYPLAN_TRY(start_one(session, services, runtime, id));
  return 0;
}

struct StopArguments {
  std::vector<std::string> containers;
  unsigned seconds = 10;
};

// One that never ran needs no runtime to be unmounted.
Result<void> stop_one(const Session& session, const Services& services, const StopArguments& arguments,
                      const std::string& id) {
  BAYPLAN_ASSIGN(const auto task, find_task(session, *services.store, id));
  if (task) {
    BAYPLAN_ASSIGN(const path runtime, containers::find_runtime());
    BAYPLAN_ASSIGN(const auto ended, containers::end_in_background(*services.store, runtime, session.ns, id,
                                                                   std::chrono::seconds(arguments.seconds),
                                                                   session.control.cancel));
    if (ended == containers::Ended::by_another) return {};
  }
  return services.runtime.stop_container(id);
}

Result<int> stop_containers(const Session& session, const StopArguments& arguments) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_present_store));
  BAYPLAN_ASSIGN(const auto ids, find_containers(session, *services.store, arguments.containers));
  for (const auto& id : ids) BAYPLAN_TRY(stop_one(session, services, arguments, id));
  return 0;
}

}  // namespace

void add_container_start_commands(CLI::App& container, Session& session) {
  auto started = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      add_command(container, session, "start",
                  "Run containers in the background with runc or crun; what they print goes nowhere",
                  [&session, started] { return start_containers(session, *started); });
  command->add_option("CONTAINER", *started, kContainerHelp)->required();

  auto stopped = std::make_shared<StopArguments>();
  command = add_command(container, session, "stop",
                        "End containers with SIGTERM, then SIGKILL, and unmount them; not running is fine",
                        [&session, stopped] { return stop_containers(session, *stopped); });
  command->add_option("CONTAINER", stopped->containers, kContainerHelp)->required();
  command->add_option("--time", stopped->seconds, "Seconds until SIGKILL")
      ->check(CLI::Range(0U, 3600U))
      ->capture_default_str();
}

}  // namespace bayplan::cli
