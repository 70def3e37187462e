#include "bayplan/metadata/stored_records.h"

#include <algorithm>
#include <span>

#include "bayplan/metadata/schema.h"
#include "bayplan/metadata/walk.h"
#include "record_layout.h"

namespace bayplan::metadata {
namespace {

std::string joined(std::span<const std::string> path) {
  std::string text;
  for (const std::string& key : path) text += (text.empty() ? "" : "/") + key;
  return text;
}

bool is_at(const std::vector<std::string>& path, std::span<const std::string_view> wanted) {
  return std::equal(path.begin(), path.end(), wanted.begin(), wanted.end());
}

const DecodedValue* find_field(const StoredRecord& record, std::span<const std::string_view> path) {
  const auto found = std::find_if(record.fields.begin(), record.fields.end(),
                                  [&](const StoredField& field) { return is_at(field.path, path); });
  return found == record.fields.end() ? nullptr : &found->value;
}

/// Takes the fields of one record, bucket by bucket.
class FieldReader {
 public:
  /// `path`: of the bucket that is read, from the record's on.
  explicit FieldReader(StoredRecord& record, std::vector<std::string> path = {})
      : record_(record), path_(std::move(path)), depth_(path_.size()) {}

  Result<void> read(const Bucket& bucket) {
    return walk(bucket,
                {.enter = [&](std::string_view key, const Bucket&, std::size_t depth) -> Result<void> {
                   if (depth > 1) path_.emplace_back(key);
                   return {};
                 },
                 .value = [&](const Entry& entry) -> Result<void> {
                   add(entry.key, entry.value);
                   return {};
                 },
                 .leave = [&]() -> Result<void> {
                   if (path_.size() > depth_) path_.pop_back();
                   return {};
                 },
                 .damage = [&](const Error& error) -> Result<void> {
                   blame(error.to_string());
                   return {};
                 }});
  }

  void add(std::string_view key, std::string_view value) {
    bytes_ += key.size() + value.size();
    if (bytes_ > kMostRecordBytes) {
      if (!full_) blame("is too large to be shown whole");
      full_ = true;
      return;
    }
    StoredField field{path_, decode_value(path_.empty() ? "" : path_.back(), key, value)};
    field.path.emplace_back(key);
    if (!field.value.problem.empty())
      record_.problems.push_back(joined(field.path) + ": " + field.value.problem);
    record_.fields.push_back(std::move(field));
  }

 private:
  void blame(const std::string& what) {
    record_.problems.push_back(path_.empty() ? what : joined(path_) + ": " + what);
  }

  StoredRecord& record_;
  std::vector<std::string> path_;
  std::size_t depth_;
  std::size_t bytes_ = 0;
  bool full_ = false;
};

void blame_absent_fields(StoredRecord& record) {
  for (const RecordLayout::Path& path : layout_of(record.kind).required) {
    if (find_field(record, path) != nullptr) continue;
    const std::vector<std::string> keys(path.begin(), path.end());
    record.problems.push_back(joined(keys) + ": is absent");
  }
}

// containerd's ids are plain LEB128.
std::optional<std::int64_t> decode_id(std::string_view bytes) {
  std::uint64_t id = 0;
  int shift = 0;
  for (const char c : bytes) {
    if (shift > 56) return std::nullopt;
    id |= std::uint64_t{static_cast<unsigned char>(c) & 0x7fu} << shift;
    shift += 7;
    if ((static_cast<unsigned char>(c) & 0x80u) == 0) return static_cast<std::int64_t>(id);
  }
  return std::nullopt;
}

}  // namespace

// One key of a bucket of records.
struct RecordReader::Place {
  std::string ns;
  std::string key;
  Bucket above;
  std::string_view stored_key;
  bool is_bucket = true;
};

const DecodedValue* StoredRecord::find(std::initializer_list<std::string_view> path) const noexcept {
  return find_field(*this, {path.begin(), path.size()});
}

std::string StoredRecord::text(std::initializer_list<std::string_view> path) const {
  const DecodedValue* const found = find(path);
  if (found == nullptr || found->bytes) return {};
  if (const auto* text = std::get_if<std::string>(&found->value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&found->value)) return std::to_string(*number);
  if (const auto* time = std::get_if<Time>(&found->value)) return format_rfc3339(*time);
  return {};
}

namespace {

/// Goes through the buckets above records, past what cannot be read.
class PlaceWalk {
 public:
  using Visit = std::function<Result<void>(const Bucket&, const Entry&)>;
  PlaceWalk(const RecordReader::Damaged& damaged, std::vector<std::string> path)
      : damaged_(damaged), path_(std::move(path)) {}

  Result<void> each(const Bucket& bucket, const Visit& visit) const {
    return for_each_readable(
        bucket, [&](const Entry& entry) { return visit(bucket, entry); },
        [&](const Error& error) {
          return damaged_({path_, error});
        });
  }
  /// The bucket at `key`; empty where there is none that can be read.
  Result<std::optional<Bucket>> enter(const Bucket& bucket, std::string_view key) {
    path_.emplace_back(key);
    auto next = bucket.bucket(key);
    if (next) return next;
    if (!is_passable(next.error())) return next.error();
    BAYPLAN_TRY(damaged_({path_, next.error()}));
    return std::optional<Bucket>();
  }

 private:
  const RecordReader::Damaged& damaged_;
  std::vector<std::string> path_;
};

}  // namespace

Result<void> RecordReader::for_each_place(RecordKind kind, std::string_view ns,
                                          const std::function<Result<void>(const Place&)>& visit,
                                          const Damaged& damaged) const {
  const RecordLayout& layout = layout_of(kind);
  PlaceWalk top(damaged, {});
  BAYPLAN_ASSIGN(const auto v1, top.enter(root_bucket(*records_), schema::kRoot));
  if (!v1) return {};
  const auto in_records = [&](const std::string& space, const std::string& prefix, const PlaceWalk& walk,
                              const Bucket& records) {
    return walk.each(records, [&](const Bucket& above, const Entry& entry) {
      return visit({space, prefix + std::string(entry.key), above, entry.key, entry.is_bucket});
    });
  };
  const auto in_namespace = [&](const Bucket& above, const Entry& entry) -> Result<void> {
    if (!entry.is_bucket || (!ns.empty() && entry.key != ns)) return {};
    const std::string space(entry.key);
    if (layout.below.empty()) return visit({space, space, above, entry.key});
    PlaceWalk walk = top;
    BAYPLAN_ASSIGN(auto records, walk.enter(above, space));
    for (const std::string_view step : layout.below) {
      if (!records) return {};
      BAYPLAN_ASSIGN(records, walk.enter(*records, step));
    }
    if (!records) return {};
    if (!layout.by_snapshotter) return in_records(space, {}, walk, *records);
    return walk.each(*records, [&](const Bucket& snapshotters, const Entry& snapshotter) -> Result<void> {
      const std::string name(snapshotter.key);
      PlaceWalk inner = walk;
      BAYPLAN_ASSIGN(const auto inside, inner.enter(snapshotters, name));
      return inside ? in_records(space, name + "/", inner, *inside) : Result<void>{};
    });
  };
  return top.each(*v1, in_namespace);
}

Result<void> RecordReader::for_each_key(RecordKind kind, std::string_view ns, const KeyVisit& visit,
                                        const Damaged& damaged) const {
  return for_each_place(
      kind, ns, [&](const Place& place) { return visit(place.ns, place.key); }, damaged);
}

Result<void> RecordReader::for_each(RecordKind kind, std::string_view ns, const Visit& visit,
                                    const Damaged& damaged) const {
  return for_each_place(
      kind, ns,
      [&](const Place& place) -> Result<void> {
        BAYPLAN_ASSIGN(const StoredRecord record, read(kind, place));
        return visit(record);
      },
      damaged);
}

Result<std::optional<StoredRecord>> RecordReader::find(RecordKind kind, std::string_view ns,
                                                       std::string_view key) const {
  const RecordLayout& layout = layout_of(kind);
  std::optional<Bucket> above = root_bucket(*records_);
  std::vector<std::string_view> path{schema::kRoot};
  std::string_view last = key;
  if (kind != RecordKind::namespaces) {
    path.push_back(ns);
    path.insert(path.end(), layout.below.begin(), layout.below.end());
  }
  if (layout.by_snapshotter) {
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos) return std::optional<StoredRecord>();
    path.push_back(key.substr(0, slash));
    last = key.substr(slash + 1);
  }
  for (const std::string_view step : path) {
    if (!above) break;
    BAYPLAN_ASSIGN(above, above->bucket(step));
  }
  BAYPLAN_ASSIGN(const auto entry, above ? above->entry(last) : std::optional<Entry>());
  if (!entry || (kind == RecordKind::namespaces && !entry->is_bucket)) return std::optional<StoredRecord>();
  const std::string space(kind == RecordKind::namespaces ? key : ns);
  BAYPLAN_ASSIGN(auto record, read(kind, {space, std::string(key), *above, last, entry->is_bucket}));
  return std::optional(std::move(record));
}

// A namespace is a bucket of everything in it; of its own it has only labels.
Result<StoredRecord> RecordReader::read(RecordKind kind, const Place& place) const {
  StoredRecord record{.kind = kind, .ns = place.ns, .key = place.key, .fields = {}, .problems = {}};
  if (!place.is_bucket) {
    record.problems.emplace_back("the record is a plain value");
    return record;
  }
  const auto bucket = place.above.bucket(place.stored_key);
  if (!bucket && !is_passable(bucket.error())) return bucket.error();
  if (!bucket || !*bucket) {
    record.problems.push_back(bucket ? "cannot be opened" : bucket.error().to_string());
    return record;
  }
  if (kind == RecordKind::namespaces) {
    const auto labels = (*bucket)->bucket(schema::kLabels);
    if (!labels && !is_passable(labels.error())) return labels.error();
    if (!labels) record.problems.push_back(labels.error().to_string());
    if (labels && *labels) BAYPLAN_TRY(FieldReader(record, {std::string(schema::kLabels)}).read(**labels));
    return record;
  }
  BAYPLAN_TRY(FieldReader(record).read(**bucket));
  blame_absent_fields(record);
  if (kind == RecordKind::snapshots) BAYPLAN_TRY(read_backend(record));
  return record;
}

Result<void> RecordReader::read_backend(StoredRecord& record) const {
  const std::string_view snapshotter = std::string_view(record.key).substr(0, record.key.find('/'));
  const BucketSource* const file = files_ ? files_(snapshotter) : nullptr;
  if (file == nullptr) return {};
  const std::string name = record.text({schema::kName});
  const auto found = [&]() -> Result<std::optional<Bucket>> {
    BAYPLAN_ASSIGN(const auto snapshots, root_bucket(*file).descend({schema::kRoot, schema::kSnapshots}));
    return snapshots ? snapshots->bucket(name) : std::optional<Bucket>();
  }();
  if (!found && !is_passable(found.error())) return found.error();
  if (!found || !*found) {
    record.problems.push_back(found ? "the snapshotter has no record of it" : found.error().to_string());
    return {};
  }
  FieldReader reader(record);
  for (const std::string_view key : {schema::kKind, schema::kInodes, schema::kSize, std::string_view("id")}) {
    const auto value = (*found)->get(key);
    if (!value && !is_passable(value.error())) return value.error();
    if (!value) record.problems.push_back(value.error().to_string());
    if (!value || !*value) continue;
    if (key != "id") {
      reader.add(key, **value);
    } else if (const auto id = decode_id(**value)) {
      record.fields.push_back({{std::string(key)}, {*id}});
    } else {
      record.problems.emplace_back("id: is no number");
    }
  }
  return {};
}

}  // namespace bayplan::metadata
