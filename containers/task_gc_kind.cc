#include "container_record.h"
#include "task_record.h"

namespace bayplan::containers::tasks {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
namespace schema = metadata::schema;

// One that does not decode is kept: the check tells of it.
Result<void> tell(std::string_view id, const Bucket& record, metadata::GcSink& sink) {
  const auto task = decode(id, record);
  if (!task && task.error().code() != Errc::corrupt) return task.error();
  const bool ended = task && state(*task) == State::ended;
  const std::string_view reason = ended ? "its process has ended" : "it runs a container";
  BAYPLAN_TRY(sink.object({.key = id, .root = !ended, .reason = reason}));
  return sink.edge({.kind = ContainerRecord::kWord, .key = id, .why = "runs"});
}

class TaskKind final : public metadata::GcKind {
 public:
  std::string_view kind() const override { return kKind; }

  Result<void> scan(const BucketSource& source, std::string_view ns, metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto tasks, metadata::namespace_bucket(source, ns, {schema::kTasks}));
    if (!tasks) return {};
    return tasks->for_each_bucket(
        [&](std::string_view id, const Bucket& record) { return tell(id, record, sink); });
  }

  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view id,
                    metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {schema::kTasks, id}));
    return record ? tell(id, *record, sink) : Result<void>{};
  }

  Result<void> remove(metadata::WriteTx& tx, const metadata::GcNode& node) const override {
    return tasks::remove(tx, node.ns, node.key);
  }

  Result<void> check(const BucketSource& source, std::string_view ns,
                     const metadata::ProblemSink& sink) const override {
    BAYPLAN_ASSIGN(const auto tasks, metadata::namespace_bucket(source, ns, {schema::kTasks}));
    if (!tasks) return {};
    return tasks->for_each([&](const metadata::Entry& entry) { return check_one(*tasks, ns, entry, sink); });
  }

 private:
  static Result<void> check_one(const Bucket& tasks, std::string_view ns, const metadata::Entry& entry,
                                const metadata::ProblemSink& sink) {
    const auto report = [&](std::string what) {
      sink({{std::string(kKind), std::string(ns), std::string(entry.key)}, std::move(what)});
    };
    BAYPLAN_ASSIGN(const auto record, tasks.bucket(entry.key));
    if (!record) {
      report("a value where a record belongs");
      return {};
    }
    const auto task = decode(entry.key, *record);
    if (!task && task.error().code() != Errc::corrupt) return task.error();
    if (!task) report(task.error().to_string());
    BAYPLAN_ASSIGN(const auto container,
                   metadata::namespace_bucket(tasks.source(), ns, {schema::kContainers, entry.key}));
    if (!container) report("its container does not exist");
    return {};
  }
};

}  // namespace

const metadata::GcKind& gc_kind() {
  static const TaskKind kTaskKind;
  return kTaskKind;
}

}  // namespace bayplan::containers::tasks
