#include "bayplan/containers/containers.h"

#include "bayplan/base/json.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "record.h"

namespace bayplan::containers {
namespace {

namespace codec = metadata::codec;
namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::MutableBucket;
using metadata::WriteTx;

Error no_such(std::string_view id) { return {Errc::not_found, "container", id}; }

Result<void> validate(const Container& container) {
  BAYPLAN_TRY(validate_identifier("container", container.id));
  BAYPLAN_TRY(validate_labels(container.labels));
  const auto lacks = [](std::string_view what) {
    return Error(Errc::invalid_argument, "container", {}, what);
  };
  if (container.runtime.empty()) return lacks("it has no runtime");
  if (container.spec.empty()) return lacks("it has no spec");
  if (container.snapshotter.empty() && !container.snapshot_key.empty()) {
    return lacks("it has a snapshot key, but no snapshotter");
  }
  auto spec = json::Document::parse(container.spec, "runtime spec");
  if (!spec) return std::move(spec).error();
  return {};
}

Result<void> write_record(MutableBucket& record, const Container& container, const codec::Times& times) {
  BAYPLAN_TRY(codec::write_times(record, times));
  BAYPLAN_TRY(record.put(schema::kImage, container.image));
  BAYPLAN_TRY(record.put(schema::kSnapshotter, container.snapshotter));
  BAYPLAN_TRY(record.put(schema::kSnapshotKey, container.snapshot_key));
  const codec::Any spec{.type_url = std::string(kSpecTypeUrl), .value = container.spec};
  BAYPLAN_TRY(record.put(schema::kSpec, codec::encode_any(spec)));
  BAYPLAN_ASSIGN(MutableBucket runtime, record.create_bucket_if_not_exists(schema::kRuntime));
  BAYPLAN_TRY(runtime.put(schema::kName, container.runtime));
  return codec::write_map(record, schema::kLabels, container.labels);
}

// What containerd's own decoder takes for granted may be absent.
Result<std::string> read_string(const Bucket& record, std::string_view key) {
  BAYPLAN_ASSIGN(const auto value, record.get(key));
  return std::string(value.value_or(std::string_view()));
}

Result<std::string> read_spec(const Bucket& record) {
  BAYPLAN_ASSIGN(const std::string_view bytes, record.require(schema::kSpec));
  BAYPLAN_ASSIGN(codec::Any spec, codec::decode_any(bytes));
  if (spec.type_url != kSpecTypeUrl) {
    return Error(Errc::corrupt, "spec", {}, "of type " + quoted(spec.type_url));
  }
  return std::move(spec.value);
}

Result<std::string> read_runtime(const Bucket& record) {
  BAYPLAN_ASSIGN(const auto runtime, record.bucket(schema::kRuntime));
  if (!runtime) return Error(Errc::corrupt, "bucket", schema::kRuntime, "missing");
  BAYPLAN_ASSIGN(const std::string_view name, runtime->require(schema::kName));
  return std::string(name);
}

Result<Container> read_record(std::string_view id, const Bucket& record) {
  Container container;
  container.id = id;
  BAYPLAN_ASSIGN(const codec::Times times, codec::read_times(record));
  container.created = times.created;
  container.updated = times.updated;
  BAYPLAN_ASSIGN(container.image, read_string(record, schema::kImage));
  BAYPLAN_ASSIGN(container.snapshotter, read_string(record, schema::kSnapshotter));
  BAYPLAN_ASSIGN(container.snapshot_key, read_string(record, schema::kSnapshotKey));
  BAYPLAN_ASSIGN(container.spec, read_spec(record));
  BAYPLAN_ASSIGN(container.runtime, read_runtime(record));
  BAYPLAN_ASSIGN(container.labels, codec::read_map(record, schema::kLabels));
  return container;
}

Result<void> apply(Container& stored, const Container& given, std::string_view path) {
  const FieldPath at = split_field_path(path);
  if (at.field == schema::kLabels) {
    apply_field(stored.labels, given.labels, at);
  } else if (at.is("spec")) {
    stored.spec = given.spec;
  } else if (at.is("image")) {
    stored.image = given.image;
  } else if (at.is("snapshotkey")) {
    stored.snapshot_key = given.snapshot_key;
  } else {
    return bad_field_path("container", given.id, path);
  }
  return {};
}

Result<Container> merged(Container stored, const Container& given, const FieldMask& mask) {
  static const FieldMask kAll = {"labels", "spec", "image", "snapshotkey"};
  const auto fixed = [&](std::string_view what) {
    return Error(Errc::invalid_argument, "container", given.id, std::string(what) + " cannot be changed");
  };
  if (mask.empty() && given.runtime != stored.runtime) return fixed("its runtime");
  if (mask.empty() && given.snapshotter != stored.snapshotter) return fixed("its snapshotter");
  for (const std::string& path : mask.empty() ? kAll : mask) BAYPLAN_TRY(apply(stored, given, path));
  BAYPLAN_TRY(validate(stored).with_context("container", stored.id));
  std::erase_if(stored.labels, [](const auto& label) { return label.second.empty(); });
  return stored;
}

}  // namespace

Result<Container> decode(std::string_view id, const Bucket& record) {
  return read_record(id, record).with_context("container", id);
}

Result<Container> get(const metadata::BucketSource& source, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {schema::kContainers, id}));
  if (!record) return no_such(id);
  return decode(id, *record);
}

Result<void> create(WriteTx& tx, std::string_view ns, const Container& container) {
  BAYPLAN_TRY(validate(container).with_context("container", container.id));
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(MutableBucket containers,
                   metadata::create_namespace_bucket(inner, ns, {schema::kContainers}));
    BAYPLAN_ASSIGN(const auto existing, containers.entry(container.id));
    if (existing) return Error(Errc::already_exists, "container", container.id);
    BAYPLAN_ASSIGN(MutableBucket record, containers.create_bucket(container.id));
    const Time time = now();
    BAYPLAN_TRY(write_record(record, container, {.created = time, .updated = time}));
    return metadata::note_change(inner, kContainerKind, ns, container.id, metadata::Change::created);
  });
}

Result<Container> update(WriteTx& tx, std::string_view ns, const Container& given, const FieldMask& mask) {
  BAYPLAN_TRY(validate_identifier("container", given.id));
  return tx.savepoint([&](WriteTx& inner) -> Result<Container> {
    BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(inner, ns, {schema::kContainers, given.id}));
    if (!record) return no_such(given.id);
    BAYPLAN_ASSIGN(Container stored, decode(given.id, *record));
    BAYPLAN_ASSIGN(Container container, merged(std::move(stored), given, mask));
    container.updated = now();
    BAYPLAN_TRY(
        write_record(*record, container, {.created = container.created, .updated = container.updated}));
    BAYPLAN_TRY(metadata::note_change(inner, kContainerKind, ns, given.id, metadata::Change::updated));
    return container;
  });
}

Result<void> set_labels(WriteTx& tx, std::string_view ns, std::string_view id, const Labels& labels) {
  BAYPLAN_TRY(validate_labels(labels).with_context("container", id));
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(inner, ns, {schema::kContainers, id}));
    if (!record) return no_such(id);
    BAYPLAN_TRY(codec::write_map(*record, schema::kLabels, labels));
    BAYPLAN_TRY(record->put(schema::kUpdatedAt, codec::encode_time(now())));
    return metadata::note_change(inner, kContainerKind, ns, id, metadata::Change::updated);
  });
}

Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(auto containers, metadata::open_namespace_bucket(tx, ns, {schema::kContainers}));
  if (!containers) return no_such(id);
  auto removed = containers->delete_bucket(id);
  if (!removed && removed.error().code() == Errc::not_found) return no_such(id);
  BAYPLAN_TRY(removed);
  return metadata::note_change(tx, kContainerKind, ns, id, metadata::Change::removed);
}

Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Container&)>& visit) {
  BAYPLAN_ASSIGN(const auto containers, metadata::namespace_bucket(source, ns, {schema::kContainers}));
  if (!containers) return {};
  return containers->for_each_bucket([&](std::string_view id, const Bucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(const Container container, decode(id, record));
    return visit(container);
  });
}

}  // namespace bayplan::containers
