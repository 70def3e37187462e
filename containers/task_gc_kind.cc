#include "container_record.h"
#include "row_gc_kind.h"
#include "task_record.h"

namespace bayplan::containers::tasks {
namespace {

using metadata::Bucket;

struct TaskRow {
  static constexpr std::string_view kWord = kKind;
  static constexpr std::string_view kBucket = metadata::schema::kTasks;

  // One that does not decode is kept: the check tells of it.
  static Result<void> tell(std::string_view, std::string_view id, const Bucket& record,
                           metadata::GcSink& sink) {
    const auto task = decode(id, record);
    if (!task && task.error().code() != Errc::corrupt) return task.error();
    const bool ended = task && state(*task) == State::ended;
    const std::string_view reason = ended ? "its process has ended" : "it runs a container";
    BAYPLAN_TRY(sink.object({.key = id, .root = !ended, .reason = reason}));
    return sink.edge({.kind = ContainerRecord::kWord, .key = id, .why = "runs"});
  }

  static Result<void> remove(metadata::WriteTx& tx, std::string_view ns, std::string_view id) {
    return tasks::remove(tx, ns, id);
  }

  static Result<void> check(std::string_view ns, std::string_view id, const Bucket& record,
                            const ProblemText& report) {
    const auto task = decode(id, record);
    if (!task && task.error().code() != Errc::corrupt) return task.error();
    if (!task) report(task.error().to_string());
    BAYPLAN_ASSIGN(const auto container,
                   metadata::namespace_bucket(record.source(), ns, {ContainerRecord::kBucket, id}));
    if (!container) report("its container does not exist");
    return {};
  }
};

}  // namespace

const metadata::GcKind& gc_kind() {
  static const RowGcKind<TaskRow> kTasks;
  return kTasks;
}

}  // namespace bayplan::containers::tasks
