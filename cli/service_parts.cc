#include "service_parts.h"

#include <algorithm>

#include "bayplan/containers/service.h"
#include "print.h"
#include "read_argument.h"

namespace bayplan::cli {
namespace {

// Beside what the removal itself checks, which comes after the unmounting.
Result<void> check_stopped(const Session& session, const images::Store& store, const std::string& id) {
  BAYPLAN_ASSIGN(const auto task, find_task(session, store, id));
  if (!task || containers::tasks::state(*task) == containers::tasks::State::ended) return {};
  return Error(Errc::failed_precondition, "container", id, "it runs")
      .with_advice("`container stop` it first");
}

}  // namespace

void add_config_option(CLI::App& command, std::filesystem::path& config) {
  command.add_option(
      "--config", config,
      "File with its OCI runtime spec, JSON, - for standard input; default: made from the image");
}

Result<std::string> read_config(const std::filesystem::path& config, const SpecArguments& spec) {
  if (spec.any()) {
    return Error(Errc::invalid_argument, "option", "--config", "says all of the process")
        .with_advice("leave out the command and the options that describe it");
  }
  return read_argument(config, json::kMaxJsonBytes);
}

void add_sync_option(CLI::App& command, bool& sync) {
  command.add_flag("--sync", sync,
                   "Collect before it answers, as `gc` does: what the removal released is gone");
}

Result<void> remove_containers(const Session& session, const Services& services,
                               const std::vector<std::string>& ids,
                               const containers::RemoveOptions& options) {
  for (const auto& id : ids) BAYPLAN_TRY(check_stopped(session, *services.store, id));
  for (const auto& id : ids) {
    BAYPLAN_TRY(services.runtime.stop_container(id));
    const bool last = &id == &ids.back();
    BAYPLAN_TRY(containers::remove_with_snapshot(*services.store, session.run_root, session.ns, id,
                                                 {.sync = options.sync && last}));
  }
  return {};
}

Time time_of(const containers::RuntimeMetadata& metadata) {
  // Beyond this, nanoseconds in 64 bits end; the number is whoever's who wrote the text.
  constexpr std::int64_t kMost = 9'000'000'000;
  return Time{} + std::chrono::seconds(std::clamp(metadata.created_at, -kMost, kMost));
}

void print_made(const Session& session, const containers::ContainerInfo& made) {
  if (!session.json()) return print_line(made.id);
  json::Writer out = begin_json();
  out.member("id", made.id).member("workDir", made.dir.native()).member("runDir", made.run_dir.native());
  out.end_object();
  print_json(std::move(out));
}

}  // namespace bayplan::cli
