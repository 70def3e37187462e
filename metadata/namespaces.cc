#include "bayplan/metadata/namespaces.h"

#include <algorithm>
#include <array>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::metadata {
namespace {

// v1, and beside the namespaces the version of what they hold.
Result<MutableBucket> schema_bucket(WriteTx& tx) {
  BAYPLAN_ASSIGN(const auto existing, tx.bucket(schema::kRoot));
  if (existing) return *existing;
  BAYPLAN_ASSIGN(MutableBucket created, tx.create_bucket(schema::kRoot));
  BAYPLAN_TRY(created.put(schema::kVersion, codec::encode_varint(schema::kSchemaVersion)));
  return created;
}

// Schema 0 keeps image records where a namespace "images" would be; it has no namespaces, and no version.
Result<bool> may_be_namespace(const BucketSource& source, const BucketHandle& root, std::string_view name) {
  if (name != schema::kImages) return true;
  BAYPLAN_ASSIGN(const auto version, source.find(root, schema::kVersion));
  return version.has_value();
}
// Whether there is a bucket at `key` of `at`, which is that one then.
Result<bool> step_into(const BucketSource& source, BucketHandle& at, std::string_view key) {
  BAYPLAN_ASSIGN(const auto found, source.find_bucket(at, key));
  if (found) at = *found;
  return found.has_value();
}

Result<bool> may_be_namespace(const Bucket& root, std::string_view name) {
  return may_be_namespace(root.source(), root.handle(), name);
}

Result<MutableBucket> open_or_create(WriteTx& tx, std::string_view name) {
  BAYPLAN_ASSIGN(MutableBucket root, schema_bucket(tx));
  BAYPLAN_ASSIGN(const bool possible, may_be_namespace(root, name));
  BAYPLAN_ASSIGN(const auto existing, possible ? root.bucket(name) : std::optional<MutableBucket>());
  if (existing) return *existing;
  BAYPLAN_ASSIGN(const auto version, root.entry(schema::kVersion));
  if (!version) {
    return Error(Errc::version_mismatch, "schema", "0", "has no namespaces")
        .with_advice("open the store root for writing, which brings it up to date");
  }
  BAYPLAN_ASSIGN(MutableBucket created, root.create_bucket(name));
  BAYPLAN_TRY(note_change(tx, kNamespaceKind, name, name, Change::created));
  return created;
}

Error no_such(std::string_view name) { return {Errc::not_found, "namespace", name}; }

Result<Bucket> require_namespace(const BucketSource& source, std::string_view name) {
  BAYPLAN_ASSIGN(const auto found, namespace_bucket(source, name, {}));
  if (!found) return no_such(name);
  return *found;
}

// Records of one sort, and how people call them.
struct Sort {
  std::string_view key;
  std::string_view within;  // empty, or the bucket inside it that holds them
  std::string_view words;
};
constexpr std::array kSorts = {Sort{schema::kImages, {}, "images"},
                               Sort{schema::kContent, schema::kBlob, "blobs"},
                               Sort{schema::kContainers, {}, "containers"},
                               Sort{schema::kLeases, {}, "leases"},
                               Sort{schema::kContent, schema::kIngests, "ingests"},
                               Sort{schema::kSandboxes, {}, "sandboxes"}};

Result<bool> holds_something(const Bucket& bucket) {
  BAYPLAN_ASSIGN(const auto cursor, bucket.cursor());
  BAYPLAN_ASSIGN(const auto first, cursor->first());
  return first.has_value();
}

Result<bool> holds(const Bucket& ns, const Sort& sort) {
  BAYPLAN_ASSIGN(auto records, ns.bucket(sort.key));
  if (records && !sort.within.empty()) {
    BAYPLAN_ASSIGN(records, records->bucket(sort.within));
  }
  return records ? holds_something(*records) : Result<bool>(false);
}

// One bucket per snapshotter.
Result<void> list_snapshotters(const Bucket& ns, std::vector<std::string>& left) {
  BAYPLAN_ASSIGN(const auto snapshots, ns.bucket(schema::kSnapshots));
  if (!snapshots) return {};
  return snapshots->for_each_bucket([&](std::string_view name, const Bucket& records) -> Result<void> {
    BAYPLAN_ASSIGN(const bool some, holds_something(records));
    if (some) left.push_back("snapshots on " + quoted(name) + " snapshotter");
    return {};
  });
}

// A mount keeps its snapshot, which is among what is left.
bool is_known(std::string_view key) {
  return key == schema::kLabels || key == schema::kSnapshots || key == schema::kMounts ||
         std::any_of(kSorts.begin(), kSorts.end(), [&](const Sort& sort) { return sort.key == key; });
}
bool is_known_content(std::string_view key) {
  return std::any_of(kSorts.begin(), kSorts.end(), [&](const Sort& sort) { return sort.within == key; });
}
bool is_known_snapshotter(std::string_view) { return true; }

// What a newer library, or somebody else, has put beside the records: buckets that are not empty, unless they
// are known, and values, which belong nowhere.
Result<void> list_unknown(const Bucket& bucket, const std::string& path, bool (*known)(std::string_view),
                          std::vector<std::string>& left) {
  return bucket.for_each([&](const Entry& entry) -> Result<void> {
    if (entry.is_bucket && known(entry.key)) return {};
    BAYPLAN_ASSIGN(const auto inner, bucket.bucket(entry.key));
    BAYPLAN_ASSIGN(const bool some, inner ? holds_something(*inner) : Result<bool>(true));
    if (some) left.push_back(quoted(path + std::string(entry.key)));
    return {};
  });
}

Result<void> list_unknown_in(const Bucket& ns, std::string_view key, bool (*known)(std::string_view),
                             std::vector<std::string>& left) {
  BAYPLAN_ASSIGN(const auto bucket, ns.bucket(key));
  return bucket ? list_unknown(*bucket, std::string(key) + "/", known, left) : Result<void>{};
}

Result<std::vector<std::string>> what_is_left(const Bucket& ns) {
  std::vector<std::string> left;
  for (const Sort& sort : kSorts) {
    BAYPLAN_ASSIGN(const bool some, holds(ns, sort));
    if (some) left.emplace_back(sort.words);
  }
  BAYPLAN_TRY(list_snapshotters(ns, left));
  BAYPLAN_TRY(list_unknown(ns, {}, is_known, left));
  BAYPLAN_TRY(list_unknown_in(ns, schema::kContent, is_known_content, left));
  BAYPLAN_TRY(list_unknown_in(ns, schema::kSnapshots, is_known_snapshotter, left));
  return left;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

Result<void> validate_namespace(std::string_view name) {
  BAYPLAN_TRY(validate_identifier("namespace", name));
  if (name != schema::kVersion) return {};
  return Error(Errc::invalid_argument, "namespace", name, "is where the schema keeps its version");
}

Result<std::vector<std::string>> list_namespaces(const BucketSource& source) {
  std::vector<std::string> names;
  BAYPLAN_ASSIGN(const auto root, root_bucket(source).bucket(schema::kRoot));
  if (!root) return names;
  BAYPLAN_TRY(root->for_each([&](const Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(const bool possible, may_be_namespace(*root, entry.key));
    if (entry.is_bucket && possible) names.emplace_back(entry.key);
    return {};
  }));
  return names;
}

Result<void> create_namespace(WriteTx& tx, std::string_view name, const Labels& labels) {
  BAYPLAN_TRY(validate_labels(labels).with_context("namespace", name));
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(const auto existing, namespace_bucket(inner, name, {}));
    if (existing) return Error(Errc::already_exists, "namespace", name);
    BAYPLAN_ASSIGN(MutableBucket created, create_namespace_bucket(inner, name, {}));
    return codec::write_map(created, schema::kLabels, labels);
  });
}

Result<Labels> namespace_labels(const BucketSource& source, std::string_view name) {
  BAYPLAN_ASSIGN(const Bucket found, require_namespace(source, name));
  return codec::read_map(found, schema::kLabels).with_context("namespace", name);
}

Result<void> set_namespace_label(WriteTx& tx, std::string_view name, std::string_view key,
                                 std::string_view value) {
  BAYPLAN_TRY(validate_label(key, value).with_context("namespace", name));
  BAYPLAN_ASSIGN(Labels labels, namespace_labels(tx, name));
  labels.insert_or_assign(std::string(key), std::string(value));
  return set_namespace_labels(tx, name, labels);
}

Result<void> set_namespace_labels(WriteTx& tx, std::string_view name, const Labels& labels) {
  BAYPLAN_TRY(validate_labels(labels).with_context("namespace", name));
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto found, open_namespace_bucket(inner, name, {}));
    if (!found) return no_such(name);
    BAYPLAN_TRY(codec::write_map(*found, schema::kLabels, labels));
    return note_change(inner, kNamespaceKind, name, name, Change::updated);
  });
}

Result<void> remove_namespace(WriteTx& tx, std::string_view name) {
  BAYPLAN_ASSIGN(const Bucket found, require_namespace(tx, name));
  BAYPLAN_ASSIGN(const auto left, what_is_left(found));
  if (!left.empty()) {
    return Error(Errc::failed_precondition, "namespace", name, "it still holds " + joined(left))
        .with_advice("remove those first");
  }
  BAYPLAN_ASSIGN(auto root, tx.bucket(schema::kRoot));
  if (!root) return no_such(name);
  BAYPLAN_TRY(root->delete_bucket(name));
  return note_change(tx, kNamespaceKind, name, name, Change::removed);
}

// Every read of a record begins here: only the bucket at the end is made.
Result<std::optional<Bucket>> namespace_bucket(const BucketSource& source, std::string_view name,
                                               std::initializer_list<std::string_view> path) {
  BucketHandle at = source.root_handle();
  BAYPLAN_ASSIGN(const bool has_schema, step_into(source, at, schema::kRoot));
  BAYPLAN_ASSIGN(const bool possible, has_schema ? may_be_namespace(source, at, name) : Result<bool>(false));
  BAYPLAN_ASSIGN(bool found, possible ? step_into(source, at, name) : Result<bool>(false));
  for (auto step = path.begin(); found && step != path.end(); ++step) {
    BAYPLAN_ASSIGN(found, step_into(source, at, *step));
  }
  Result<std::optional<Bucket>> bucket{std::optional<Bucket>()};
  if (found) bucket->emplace(source, at);
  return bucket;
}

Result<MutableBucket> create_namespace_bucket(WriteTx& tx, std::string_view name,
                                              std::initializer_list<std::string_view> path) {
  BAYPLAN_TRY(validate_namespace(name));
  BAYPLAN_ASSIGN(MutableBucket at, open_or_create(tx, name));
  return at.create_path(path);
}

Result<std::optional<MutableBucket>> open_namespace_bucket(WriteTx& tx, std::string_view name,
                                                           std::initializer_list<std::string_view> path) {
  BAYPLAN_ASSIGN(auto root, tx.bucket(schema::kRoot));
  if (!root) return root;
  BAYPLAN_ASSIGN(const bool possible, may_be_namespace(*root, name));
  BAYPLAN_ASSIGN(auto found, possible ? root->bucket(name) : std::optional<MutableBucket>());
  if (!found) return found;
  return found->descend(path);
}

}  // namespace bayplan::metadata
