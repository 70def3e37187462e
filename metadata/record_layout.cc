#include "record_layout.h"

#include "bayplan/metadata/schema.h"

namespace bayplan::metadata {
namespace {

const std::vector<RecordLayout::Path>& times() {
  static const std::vector<RecordLayout::Path> kTimes{{schema::kCreatedAt}, {schema::kUpdatedAt}};
  return kTimes;
}

std::vector<RecordLayout::Path> times_and(std::vector<RecordLayout::Path> more) {
  more.insert(more.begin(), times().begin(), times().end());
  return more;
}

const std::vector<RecordLayout>& layouts() {
  static const std::vector<RecordLayout> kLayouts{
      {RecordKind::namespaces, "namespaces", "namespace", {}},
      {RecordKind::images,
       "images",
       "image",
       {schema::kImages},
       false,
       times_and({{schema::kTarget, schema::kDigest},
                  {schema::kTarget, schema::kMediaType},
                  {schema::kTarget, schema::kSize}})},
      {RecordKind::containers, "containers", "container", {schema::kContainers}, false, times()},
      {RecordKind::content,
       "content",
       "content",
       {schema::kContent, schema::kBlob},
       false,
       times_and({{schema::kSize}})},
      {RecordKind::ingests,
       "ingests",
       "ingest",
       {schema::kContent, schema::kIngests},
       false,
       {{schema::kRef}}},
      {RecordKind::snapshots,
       "snapshots",
       "snapshot",
       {schema::kSnapshots},
       true,
       times_and({{schema::kName}})},
      {RecordKind::leases, "leases", "lease", {schema::kLeases}, false, {{schema::kCreatedAt}}},
      {RecordKind::sandboxes, "sandboxes", "sandbox", {schema::kSandboxes}, false, times()},
      {RecordKind::tasks, "tasks", "task", {schema::kTasks}, false, {{schema::kCreatedAt}}},
      {RecordKind::mounts, "mounts", "mount", {schema::kMounts}, true, {}},
  };
  return kLayouts;
}

}  // namespace

const RecordLayout& layout_of(RecordKind kind) { return layouts()[static_cast<std::size_t>(kind)]; }

const std::vector<RecordKind>& record_kinds() {
  static const std::vector<RecordKind> kKinds = [] {
    std::vector<RecordKind> kinds;
    for (const RecordLayout& layout : layouts()) kinds.push_back(layout.kind);
    return kinds;
  }();
  return kKinds;
}

std::string_view to_string(RecordKind kind) { return layout_of(kind).word; }

Result<RecordKind> parse_record_kind(std::string_view word) {
  std::string words;
  for (const RecordLayout& layout : layouts()) {
    if (word == layout.word || word == layout.one) return layout.kind;
    words.append(words.empty() ? "" : ", ").append(layout.word);
  }
  return Error(Errc::invalid_argument, "kind", word, "there are no such records")
      .with_advice("one of " + words);
}

}  // namespace bayplan::metadata
