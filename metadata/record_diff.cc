#include "record_diff.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "bayplan/metadata/diff.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::metadata {
namespace {

// Where a namespace holds its records, and what they are called.
struct RecordBucket {
  std::string_view bucket;
  std::string_view within;  // empty, or the bucket inside that holds them
  bool grouped;             // by snapshotter, which is part of their key
  std::string_view kind;

  std::size_t depth() const { return within.empty() && !grouped ? 4 : 5; }
};
constexpr std::array kRecordBuckets = {RecordBucket{schema::kImages, {}, false, "image"},
                                       RecordBucket{schema::kContent, schema::kBlob, false, "content"},
                                       RecordBucket{schema::kContent, schema::kIngests, false, "ingest"},
                                       RecordBucket{schema::kContainers, {}, false, "container"},
                                       RecordBucket{schema::kTasks, {}, false, "task"},
                                       RecordBucket{schema::kReservations, {}, false, "reservation"},
                                       RecordBucket{schema::kSandboxes, {}, false, "sandbox"},
                                       RecordBucket{schema::kSnapshots, {}, true, "snapshot"},
                                       RecordBucket{schema::kMounts, {}, true, "mount"},
                                       RecordBucket{schema::kLeases, {}, false, "lease"}};

constexpr std::size_t kNamespaceDepth = 2;
constexpr std::size_t kBucketDepth = 3;

/// Those that `path` is in, or leads to where `path` ends before it tells; null: none.
const RecordBucket* record_bucket(KeyPath path) {
  const auto* const found =
      std::find_if(kRecordBuckets.begin(), kRecordBuckets.end(), [&](const RecordBucket& known) {
        const bool within = known.within.empty() || path.size() == kBucketDepth || path[3] == known.within;
        return known.bucket == path[2] && within;
      });
  return found == kRecordBuckets.end() ? nullptr : found;
}

DiffDepth depth_of(KeyPath path) {
  if (path[0] != schema::kRoot) return DiffDepth::skip;
  if (path.size() <= kNamespaceDepth) return DiffDepth::inside;
  if (path[2] == schema::kLabels) return DiffDepth::whole;
  const RecordBucket* const records = record_bucket(path);
  if (records == nullptr) return DiffDepth::skip;
  if (path.size() == kBucketDepth) return DiffDepth::inside;
  if (path.size() < records->depth()) return DiffDepth::inside;
  // The links to its children are part of a snapshot's record, but theirs to change.
  const bool links = records->grouped && path.size() > records->depth() && path[5] == schema::kChildren;
  return links ? DiffDepth::skip : DiffDepth::whole;
}

class Recorder {
 public:
  explicit Recorder(std::uint64_t revision) : revision_(revision) {}

  Result<void> take(const Difference& difference) {
    const KeyPath path = difference.path;
    if (!difference.is_bucket) return {};
    if (path.size() == kNamespaceDepth) {
      whole_namespace_ = path[1];
      add(kNamespaceKind, path[1], path[1], difference.change);
    } else if (path.size() == kBucketDepth && path[2] == schema::kLabels) {
      // The labels of one that came or went, came or went with it.
      if (path[1] != whole_namespace_) add(kNamespaceKind, path[1], path[1], Change::updated);
    } else if (path.size() > kBucketDepth) {
      take_record(path, difference.change);
    }
    return {};
  }
  std::vector<Event> events() && { return std::move(events_); }

 private:
  void take_record(KeyPath path, Change change) {
    const RecordBucket* const found = record_bucket(path);
    if (found == nullptr || path.size() != found->depth()) return;
    const RecordBucket& records = *found;
    const std::string key =
        records.grouped ? std::string(path[3]).append("/").append(path[4]) : std::string(path.back());
    add(records.kind, path[1], key, change);
  }
  void add(std::string_view kind, std::string_view ns, std::string_view key, Change change) {
    events_.push_back({std::string(kind), std::string(ns), std::string(key), change, revision_});
  }

  std::uint64_t revision_;
  std::string_view whole_namespace_{};  // the last one that was created or removed
  std::vector<Event> events_;
};

}  // namespace

Result<std::vector<Event>> record_diff(const ReadTx& older, const ReadTx& newer) {
  Recorder recorder(newer.revision());
  BAYPLAN_TRY(diff(older, newer, {.depth = depth_of, .difference = [&](const Difference& difference) {
                                    return recorder.take(difference);
                                  }}));
  return std::move(recorder).events();
}

}  // namespace bayplan::metadata
