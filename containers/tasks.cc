#include "bayplan/containers/tasks.h"

#include <array>
#include <limits>
#include <utility>

#include "bayplan/base/process.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/record_entry.h"
#include "storage_change.h"
#include "task_record.h"

namespace bayplan::containers::tasks {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
using metadata::MutableBucket;
using metadata::WriteTx;
namespace codec = metadata::codec;
namespace schema = metadata::schema;

constexpr std::size_t kMostBootIdBytes = 64;

Error no_such(std::string_view id) { return {Errc::not_found, kKind, id}; }

// What /proc cannot have said, neither from a caller nor from a record.
Result<void> validate(const Task& task) {
  const bool possible = task.pid > 0 && task.pid <= std::numeric_limits<pid_t>::max();
  if (!possible) return Error(Errc::invalid_argument, kKind, task.id, "its pid is none");
  if (task.boot_id.empty() || task.boot_id.size() > kMostBootIdBytes) {
    return Error(Errc::invalid_argument, kKind, task.id, "its boot id is none");
  }
  return {};
}

Result<std::int64_t> read_number(const Bucket& record, std::string_view key) {
  BAYPLAN_ASSIGN(const std::string_view bytes, record.require(key));
  return codec::decode_varint(bytes).with_context("key", key);
}

Result<Task> read(std::string_view id, const Bucket& record) {
  Task task;
  task.id = id;
  BAYPLAN_ASSIGN(const std::string_view created, record.require(schema::kCreatedAt));
  BAYPLAN_ASSIGN(task.created, codec::decode_time(created));
  BAYPLAN_ASSIGN(task.boot_id, record.require(schema::kBootId));
  BAYPLAN_ASSIGN(task.pid, read_number(record, schema::kPid));
  // Inode numbers use all 64 bits; they come back as they went.
  BAYPLAN_ASSIGN(const std::int64_t pid_namespace, read_number(record, schema::kPidNamespace));
  BAYPLAN_ASSIGN(const std::int64_t start_time, read_number(record, schema::kStartTime));
  task.pid_namespace = static_cast<std::uint64_t>(pid_namespace);
  task.start_time = static_cast<std::uint64_t>(start_time);
  const auto valid = validate(task);
  if (!valid) return Error(Errc::corrupt, {}, {}, valid.error().message());
  return task;
}

Result<void> write(MutableBucket& record, const Task& task) {
  const auto number = [](std::uint64_t value) {
    return codec::encode_varint(static_cast<std::int64_t>(value));
  };
  BAYPLAN_TRY(record.put(schema::kCreatedAt, codec::encode_time(now())));
  BAYPLAN_TRY(record.put(schema::kBootId, task.boot_id));
  BAYPLAN_TRY(record.put(schema::kPid, codec::encode_varint(task.pid)));
  BAYPLAN_TRY(record.put(schema::kPidNamespace, number(task.pid_namespace)));
  return record.put(schema::kStartTime, number(task.start_time));
}

Result<std::optional<Task>> find(const BucketSource& source, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {schema::kTasks, id}));
  if (!record) return std::optional<Task>();
  BAYPLAN_ASSIGN(Task task, decode(id, *record));
  return std::optional(std::move(task));
}

}  // namespace

Result<Task> decode(std::string_view id, const Bucket& record) {
  return read(id, record).with_context(kKind, id);
}

std::string_view to_string(State state) noexcept {
  constexpr std::array<std::string_view, 3> kWords = {"running", "ended", "unknown"};
  return kWords.at(static_cast<std::size_t>(state));
}

Result<Task> of_process(std::string_view id, pid_t pid) {
  Task task;
  task.id = id;
  task.pid = pid;
  BAYPLAN_ASSIGN(task.pid_namespace, process::pid_namespace());
  BAYPLAN_ASSIGN(task.boot_id, process::boot_id());
  BAYPLAN_ASSIGN(task.start_time, process::start_time(pid));
  return task;
}

State state(const Task& task) {
  const auto boot = process::boot_id();
  if (!boot) return State::unknown;
  if (*boot != task.boot_id) return State::ended;
  const auto pid_namespace = process::pid_namespace();
  if (!pid_namespace || *pid_namespace != task.pid_namespace || !validate(task)) return State::unknown;
  const auto running = process::is_running(static_cast<pid_t>(task.pid), task.start_time);
  if (!running) return State::unknown;
  return *running ? State::running : State::ended;
}

Result<void> create(WriteTx& tx, std::string_view ns, const Task& task) {
  BAYPLAN_TRY(validate(task));
  BAYPLAN_TRY(storage::record_of(tx, ns, task.id));
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    const auto cleared = clear_ended(inner, ns, task.id);
    if (!cleared && cleared.error().code() == Errc::failed_precondition) {
      return Error(Errc::already_exists, kKind, task.id, cleared.error().message());
    }
    BAYPLAN_TRY(cleared);
    BAYPLAN_ASSIGN(auto tasks, metadata::create_namespace_bucket(inner, ns, {schema::kTasks}));
    BAYPLAN_ASSIGN(auto record, tasks.create_bucket(task.id));
    BAYPLAN_TRY(write(record, task));
    return metadata::note_change(inner, kKind, ns, task.id, metadata::Change::created);
  });
}

Result<Task> get(const BucketSource& source, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(auto task, find(source, ns, id));
  if (!task) return no_such(id);
  return *std::move(task);
}

Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view id) {
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto tasks, metadata::open_namespace_bucket(inner, ns, {schema::kTasks}));
    if (!tasks) return no_such(id);
    const auto gone = tasks->delete_bucket(id);
    if (!gone && gone.error().code() == Errc::not_found) return no_such(id);
    BAYPLAN_TRY(gone);
    return metadata::note_change(inner, kKind, ns, id, metadata::Change::removed);
  });
}

Result<void> forget(WriteTx& tx, std::string_view ns, std::string_view id) {
  auto removed = remove(tx, ns, id);
  if (!removed && removed.error().code() == Errc::not_found) return {};
  return removed;
}

Result<void> check_none_runs(const BucketSource& source, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const auto task, find(source, ns, id));
  if (!task) return {};
  const State now = state(*task);
  if (now == State::ended) return {};
  const std::string process = "process " + std::to_string(task->pid);
  return Error(
             Errc::failed_precondition, ContainerRecord::kWord, id,
             now == State::running ? process + " runs it" : "it cannot be told whether " + process + " ended")
      .with_advice(now == State::running ? "stop it first" : "remove its task when it has");
}

Result<void> clear_ended(WriteTx& tx, std::string_view ns, std::string_view id) {
  BAYPLAN_TRY(check_none_runs(tx, ns, id));
  return forget(tx, ns, id);
}

Result<void> walk(const BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Task&)>& visit) {
  BAYPLAN_ASSIGN(const auto tasks, metadata::namespace_bucket(source, ns, {schema::kTasks}));
  if (!tasks) return {};
  return tasks->for_each([&](const metadata::Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(const Bucket record, metadata::record_at(*tasks, entry, kKind));
    BAYPLAN_ASSIGN(const Task task, decode(entry.key, record));
    return visit(task);
  });
}

}  // namespace bayplan::containers::tasks
