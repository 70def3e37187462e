#include <unistd.h>

#include <cstdlib>

#include "bayplan/base/file.h"
#include "bundle_state.h"
#include "child_process.h"
#include "runtime_state.h"
#include "task_record.h"

namespace bayplan::containers {
namespace {

constexpr std::string_view kFallbackPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::string_view kAdvice = "install runc or crun, or name one in BAYPLAN_RUNTIME";

bool is_program(const std::filesystem::path& path) {
  std::error_code failure;
  return std::filesystem::is_regular_file(path, failure) && ::access(path.c_str(), X_OK) == 0;
}

// Relative entries of the PATH are skipped: what runs as root must not depend on where one stands.
std::optional<std::filesystem::path> find_program(std::string_view name) {
  const char* const configured = std::getenv("PATH");
  std::string_view rest = configured == nullptr ? kFallbackPath : std::string_view(configured);
  while (!rest.empty()) {
    const std::size_t size = rest.find(':');
    const std::filesystem::path directory(rest.substr(0, size));
    rest.remove_prefix(size == std::string_view::npos ? rest.size() : size + 1);
    if (directory.is_absolute() && is_program(directory / name)) return directory / name;
  }
  return {};
}

Result<bool> has_state(const std::filesystem::path& run_root, const std::string& name) {
  const auto root = file::open_dir(runtime_state_root(run_root));
  if (!root && root.error().code() == Errc::not_found) return false;
  if (!root) return root.error();
  const auto state = file::stat_at(root->get(), name);
  if (!state && state.error().code() == Errc::not_found) return false;
  if (!state) return state.error();
  return true;
}

}  // namespace

Result<std::filesystem::path> find_runtime() {
  const char* const configured = std::getenv("BAYPLAN_RUNTIME");
  if (configured != nullptr && configured[0] != '\0') {
    const std::filesystem::path wanted(configured);
    if (wanted.is_absolute() && is_program(wanted)) return wanted;
    auto found = wanted.has_parent_path() ? std::nullopt : find_program(configured);
    if (found) return *std::move(found);
    return Error(Errc::not_found, "runtime", configured, "BAYPLAN_RUNTIME names no program")
        .with_advice(kAdvice);
  }
  for (const std::string_view name : {"runc", "crun"}) {
    if (auto found = find_program(name)) return *std::move(found);
  }
  return Error(Errc::not_found, "runtime", {}, "neither runc nor crun is on the PATH").with_advice(kAdvice);
}

std::filesystem::path runtime_state_root(const std::filesystem::path& run_root) {
  return run_root / ".runtime";
}

std::string runtime_id(std::string_view ns, std::string_view id) {
  return std::string(ns) + '+' + std::string(id);
}

Result<void> end_leftover(const std::filesystem::path& run_root, std::string_view ns, std::string_view id,
                          const std::filesystem::path& runtime) {
  const std::string name = runtime_id(ns, id);
  BAYPLAN_ASSIGN(const bool left, has_state(run_root, name));
  if (!left) return {};
  std::filesystem::path program = runtime;
  if (program.empty()) {
    BAYPLAN_ASSIGN(program, find_runtime());
  }
  const std::string state_root = runtime_state_root(run_root);
  const Command command{.arguments = {program, "--root", state_root, "delete", "--force", name},
                        .silent = true};
  BAYPLAN_ASSIGN(const int exit_code, run_to_end(command));
  if (exit_code == 0) return {};
  return Error(Errc::failed_precondition, "container", id,
               "the runtime cannot end what a killed run left: exit code " + std::to_string(exit_code))
      .with_advice(program.native() + " --root " + state_root + " delete --force " + name + " says why");
}

Result<int> run_foreground(const Bundle& bundle, const std::filesystem::path& runtime,
                           const std::filesystem::path& run_root, std::string_view ns, std::string_view id) {
  const std::filesystem::path state_root = runtime_state_root(run_root);
  BAYPLAN_ASSIGN(const UniqueFd made, file::ensure_private_dir(state_root));
  const metadata::Db& db = bundle.state_->store.db();
  BAYPLAN_TRY(db.view([&](const metadata::ReadTx& tx) { return tasks::check_none_runs(tx, ns, id); }));
  BAYPLAN_TRY(end_leftover(run_root, ns, id, runtime));
  const auto record_task = [&](pid_t pid) -> Result<void> {
    BAYPLAN_ASSIGN(const tasks::Task task, tasks::of_process(id, pid));
    return db.update([&](metadata::WriteTx& tx) { return tasks::create(tx, ns, task); });
  };
  const Command command{
      .arguments = {runtime, "--root", state_root, "run", "--bundle", bundle.path(), runtime_id(ns, id)},
      .inherited = bundle.state_->directory->lock(),
      .started = record_task};
  auto exit_code = run_to_end(command);
  // A runtime that was killed has not tidied up.
  ignore_error(end_leftover(run_root, ns, id, runtime),
               "the container's end is the answer; the next run tries again");
  ignore_error(db.update([&](metadata::WriteTx& tx) { return tasks::clear_ended(tx, ns, id); }),
               "the process has ended: whoever looks next clears it");
  return exit_code;
}

}  // namespace bayplan::containers
