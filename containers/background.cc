#include "bayplan/containers/background.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "bundle_dir.h"
#include "child_process.h"
#include "runtime_state.h"
#include "task_record.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
using std::chrono::milliseconds;

const std::string kPidName = "pid";
const std::string kLogName = "runtime.log";
constexpr std::size_t kMostPidBytes = 64;
constexpr std::size_t kMostLogBytes = 1u << 20;
constexpr milliseconds kKillPatience = std::chrono::seconds(10);
// What has just ended takes so long to be gone at most.
constexpr milliseconds kMoment = std::chrono::seconds(1);
// So often a wait looks whether it was cancelled, besides when a signal interrupts it.
constexpr milliseconds kLook{200};

// One container, as the runtime is told of it.
struct Managed {
  const images::Store& store;
  std::filesystem::path runtime;
  std::string ns;
  std::string id;

  std::string name() const { return runtime_id(ns, id); }
  Command command(std::vector<std::string> words) const {
    std::vector<std::string> all{runtime, "--root", runtime_state_root(store.run_root())};
    all.insert(all.end(), words.begin(), words.end());
    return {.arguments = std::move(all), .silent = true};
  }
};

// What the runtime wrote last.
std::string last_words(int bundle) {
  auto log = file::read_file(bundle, kLogName, kMostLogBytes);
  if (!log) return {};
  std::string text = *std::move(log);
  while (text.ends_with('\n')) text.pop_back();
  const std::size_t line = text.rfind('\n');
  return line == std::string::npos ? text : text.substr(line + 1);
}

Result<void> ask(const Managed& container, const char* verb, std::vector<std::string> words, int log) {
  BAYPLAN_ASSIGN(const int exit_code, run_to_end(container.command(std::move(words))));
  if (exit_code == 0) return {};
  const std::string said = log < 0 ? std::string() : last_words(log);
  return Error(Errc::failed_precondition, "container", container.id,
               "the runtime cannot " + std::string(verb) + " it: exit code " + std::to_string(exit_code) +
                   (said.empty() ? std::string() : ": " + quoted(said)));
}

Result<pid_t> read_pid(int bundle) {
  BAYPLAN_ASSIGN(const std::string text, file::read_file(bundle, kPidName, kMostPidBytes));
  pid_t pid = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (failed == std::errc() && pid > 0) return pid;
  return Error(Errc::corrupt, "file", kPidName, "the runtime wrote no process id there");
}

Result<tasks::Task> create_and_start(const Managed& container, const std::filesystem::path& path) {
  BAYPLAN_ASSIGN(const UniqueFd bundle, file::open_dir(path));
  for (const std::string& name : {kPidName, kLogName}) BAYPLAN_TRY(file::unlink(bundle.get(), name));
  const std::string log = path / kLogName;
  BAYPLAN_TRY(ask(container, "create",
                  {"--log", log, "create", "--bundle", path, "--pid-file", path / kPidName, container.name()},
                  bundle.get()));
  BAYPLAN_TRY(fault::at(fault::Point::runtime_created));
  BAYPLAN_ASSIGN(const pid_t pid, read_pid(bundle.get()));
  BAYPLAN_ASSIGN(const tasks::Task task, tasks::of_process(container.id, pid));
  BAYPLAN_TRY(
      container.store.db().update([&](WriteTx& tx) { return tasks::create(tx, container.ns, task); }));
  BAYPLAN_TRY(ask(container, "start", {"--log", log, "start", container.name()}, bundle.get()));
  return task;
}

Result<void> forget(const Managed& container) {
  BAYPLAN_TRY(end_leftover(container.store.run_root(), container.ns, container.id, container.runtime));
  return container.store.db().update(
      [&](WriteTx& tx) { return tasks::clear_ended(tx, container.ns, container.id); });
}

// Answers whether the process has ended before `patience` was over.
Result<bool> wait_for_end(int pidfd, milliseconds patience, const CancelToken& cancel) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (true) {
    BAYPLAN_TRY(cancel.check());
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    struct pollfd watched {
      pidfd, POLLIN, 0
    };
    const auto slice = std::clamp(left, milliseconds(0), kLook);
    const int ready = ::poll(&watched, 1, static_cast<int>(slice.count()));
    if (ready < 0 && errno != EINTR) return Error::from_errno(errno, "process", {}, "poll");
    if (ready > 0) return true;
    if (left <= milliseconds(0)) return false;
  }
}

// A runtime that was asked to signal what has just ended refuses.
Result<void> signal_and_wait(const Managed& container, const tasks::Task& task, milliseconds patience,
                             const CancelToken& cancel) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(task.pid), 0)));
  // Opened first, asked then: a process id is given to others.
  if (!pidfd || tasks::state(task) == tasks::State::ended) return {};
  const auto kill = [&](const char* signal, milliseconds wait) -> Result<bool> {
    const auto asked = ask(container, "signal", {"kill", container.name(), signal}, -1);
    BAYPLAN_ASSIGN(const bool ended, wait_for_end(pidfd.get(), asked ? wait : kMoment, cancel));
    if (!ended && !asked) return asked.error();
    return ended;
  };
  if (patience > milliseconds(0)) {
    BAYPLAN_ASSIGN(const bool ended, kill("TERM", patience));
    if (ended) return {};
  }
  BAYPLAN_ASSIGN(const bool ended, kill("KILL", kKillPatience));
  if (ended) return {};
  return Error(Errc::busy, "container", container.id, "its process was killed and does not end");
}

}  // namespace

Result<tasks::Task> run_in_background(const images::Store& store, const std::filesystem::path& runtime,
                                      std::string_view ns, std::string_view id,
                                      const std::filesystem::path& bundle) {
  const Managed container{store, runtime, std::string(ns), std::string(id)};
  BAYPLAN_ASSIGN(const BundleDir turn, BundleDir::acquire(store.run_root(), ns, id));
  BAYPLAN_TRY(store.db().view([&](const ReadTx& tx) { return tasks::check_none_runs(tx, ns, id); }));
  BAYPLAN_ASSIGN(const UniqueFd made, file::ensure_private_dir(runtime_state_root(store.run_root())));
  BAYPLAN_TRY(end_leftover(store.run_root(), ns, id, runtime));
  auto started = create_and_start(container, bundle);
  if (!started) ignore_error(forget(container), "what failed before is the answer; the next run tries again");
  return started;
}

Result<Ended> end_in_background(const images::Store& store, const std::filesystem::path& runtime,
                                std::string_view ns, std::string_view id, milliseconds patience,
                                const CancelToken& cancel) {
  const Managed container{store, runtime, std::string(ns), std::string(id)};
  const auto task = store.db().view([&](const ReadTx& tx) { return tasks::get(tx, ns, id); });
  if (!task && task.error().code() != Errc::not_found) return task.error();
  const tasks::State state = task ? tasks::state(*task) : tasks::State::ended;
  if (state == tasks::State::unknown) {
    return Error(Errc::failed_precondition, "container", id, "whether it runs cannot be told from here")
        .with_advice("stop it where it was started");
  }
  if (state == tasks::State::running) BAYPLAN_TRY(signal_and_wait(container, *task, patience, cancel));
  const auto turn = BundleDir::acquire(store.run_root(), ns, id);
  if (!turn && turn.error().code() == Errc::busy) return Ended::by_another;
  if (!turn) return turn.error();
  BAYPLAN_TRY(forget(container));
  return Ended::here;
}

}  // namespace bayplan::containers
