// What the stores of containers and of sandboxes do alike. Each says of its records, in a struct R:
//
//   using Value;                        what callers hold: id, labels, extensions, runtime, created, updated
//   kWord, kBucket                      what errors and the collector call it, and where in the namespace it
//   is kOwnFields                          mask paths besides labels and extensions read(record, into) the
//   fields of its own write(record, before, value)        those that differ from `before`; all without
//   apply(stored, given, field)         one of kOwnFields; false: it is none
//   validate(value)                     the fields of its own
//   fixed(stored, given)                what differs and cannot be changed, in words; or nothing
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/list.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/record_entry.h"
#include "bayplan/metadata/schema.h"
#include "record_codec.h"

namespace bayplan::containers {

template <class R>
class RecordStore {
 public:
  using Value = typename R::Value;
  using Visit = std::function<Result<void>(const Value&)>;
  using Bucket = metadata::Bucket;
  using BucketSource = metadata::BucketSource;
  using MutableBucket = metadata::MutableBucket;
  using WriteTx = metadata::WriteTx;

  static Result<Value> decode(std::string_view id, const Bucket& record) {
    return read(id, record).with_context(R::kWord, id);
  }

  static Result<Value> get(const BucketSource& source, std::string_view ns, std::string_view id) {
    BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {R::kBucket, id}));
    if (!record) return no_such(id);
    return decode(id, *record);
  }

  static Result<void> create(WriteTx& tx, std::string_view ns, Value value) {
    BAYPLAN_TRY(validate(value));
    return tx.savepoint([&](WriteTx& inner) -> Result<void> {
      BAYPLAN_ASSIGN(MutableBucket records, metadata::create_namespace_bucket(inner, ns, {R::kBucket}));
      BAYPLAN_ASSIGN(const auto existing, records.entry(value.id));
      if (existing) return Error(Errc::already_exists, R::kWord, value.id);
      BAYPLAN_ASSIGN(MutableBucket record, records.create_bucket(value.id));
      const Time time = now();
      BAYPLAN_TRY(metadata::codec::write_times(record, {.created = time, .updated = time}));
      BAYPLAN_TRY(write(record, nullptr, value));
      return metadata::note_change(inner, R::kWord, ns, value.id, metadata::Change::created);
    });
  }

  static Result<Value> update(WriteTx& tx, std::string_view ns, const Value& given, const FieldMask& mask) {
    BAYPLAN_TRY(validate_identifier(R::kWord, given.id));
    return tx.savepoint([&](WriteTx& inner) -> Result<Value> {
      BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(inner, ns, {R::kBucket, given.id}));
      if (!record) return no_such(given.id);
      BAYPLAN_ASSIGN(const Value stored, decode(given.id, *record));
      BAYPLAN_ASSIGN(Value value, merged(stored, given, mask));
      value.updated = now();
      BAYPLAN_TRY(record->put(metadata::schema::kUpdatedAt, metadata::codec::encode_time(value.updated)));
      BAYPLAN_TRY(write(*record, &stored, value));
      BAYPLAN_TRY(metadata::note_change(inner, R::kWord, ns, given.id, metadata::Change::updated));
      return value;
    });
  }

  static Result<void> set_labels(WriteTx& tx, std::string_view ns, std::string_view id,
                                 const Labels& labels) {
    BAYPLAN_TRY(validate_labels(labels).with_context(R::kWord, id));
    return tx.savepoint([&](WriteTx& inner) -> Result<void> {
      BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(inner, ns, {R::kBucket, id}));
      if (!record) return no_such(id);
      BAYPLAN_TRY(metadata::codec::write_map(*record, metadata::schema::kLabels, labels));
      BAYPLAN_TRY(record->put(metadata::schema::kUpdatedAt, metadata::codec::encode_time(now())));
      return metadata::note_change(inner, R::kWord, ns, id, metadata::Change::updated);
    });
  }

  static Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view id) {
    BAYPLAN_ASSIGN(auto records, metadata::open_namespace_bucket(tx, ns, {R::kBucket}));
    if (!records) return no_such(id);
    auto removed = records->delete_bucket(id);
    if (!removed && removed.error().code() == Errc::not_found) return no_such(id);
    BAYPLAN_TRY(removed);
    return metadata::note_change(tx, R::kWord, ns, id, metadata::Change::removed);
  }

  static Result<void> walk(const BucketSource& source, std::string_view ns, const Visit& visit) {
    BAYPLAN_ASSIGN(const auto records, metadata::namespace_bucket(source, ns, {R::kBucket}));
    if (!records) return {};
    return records->for_each([&](const metadata::Entry& entry) -> Result<void> {
      BAYPLAN_ASSIGN(const metadata::Bucket record, metadata::record_at(*records, entry, R::kWord));
      BAYPLAN_ASSIGN(const Value value, decode(entry.key, record));
      return visit(value);
    });
  }

  static Result<metadata::ListEnd> list(const BucketSource& source, std::string_view ns,
                                        const metadata::BoundFilter& filter,
                                        const metadata::ListOptions& options, const Visit& visit,
                                        const metadata::ListProblem& problem) {
    BAYPLAN_ASSIGN(const auto records, metadata::namespace_bucket(source, ns, {R::kBucket}));
    if (!records) return metadata::ListEnd{};
    const auto show = [&](std::string_view id, const Bucket& record) -> Result<void> {
      BAYPLAN_ASSIGN(const Value value, decode(id, record));
      return visit(value);
    };
    return metadata::list(*records, filter, options, {show, problem});
  }

 private:
  static Error no_such(std::string_view id) { return {Errc::not_found, R::kWord, id}; }

  static Result<void> validate_parts(const Value& value) {
    BAYPLAN_TRY(validate_labels(value.labels));
    BAYPLAN_TRY(validate_extensions(value.extensions));
    return R::validate(value);
  }
  static Result<void> validate(const Value& value) {
    BAYPLAN_TRY(validate_identifier(R::kWord, value.id));
    return validate_parts(value).with_context(R::kWord, value.id);
  }

  static Result<Value> read(std::string_view id, const Bucket& record) {
    Value value;
    value.id = id;
    BAYPLAN_ASSIGN(const metadata::codec::Times times, metadata::codec::read_times(record));
    value.created = times.created;
    value.updated = times.updated;
    BAYPLAN_TRY(R::read(record, value));
    BAYPLAN_ASSIGN(value.runtime, read_runtime(record));
    BAYPLAN_ASSIGN(value.extensions, read_extensions(record));
    BAYPLAN_ASSIGN(value.labels, metadata::codec::read_map(record, metadata::schema::kLabels));
    return value;
  }

  static Result<void> write(MutableBucket& record, const Value* before, const Value& value) {
    BAYPLAN_TRY(R::write(record, before, value));
    if (!before || before->runtime != value.runtime) BAYPLAN_TRY(write_runtime(record, value.runtime));
    BAYPLAN_TRY(write_extensions(record, before ? before->extensions : Extensions(), value.extensions));
    return metadata::codec::write_map(record, metadata::schema::kLabels, value.labels);
  }

  static Result<void> apply(Value& stored, const Value& given, std::string_view path) {
    const FieldPath at = split_field_path(path);
    if (at.field == metadata::schema::kLabels) {
      apply_field(stored.labels, given.labels, at);
    } else if (at.field == metadata::schema::kExtensions) {
      apply_field(stored.extensions, given.extensions, at);
    } else if (at.key || !R::apply(stored, given, at.field)) {
      return bad_field_path(R::kWord, given.id, path);
    }
    return {};
  }

  static Result<void> apply_all(Value& stored, const Value& given) {
    const std::string_view fixed = R::fixed(stored, given);
    if (!fixed.empty()) {
      return Error(Errc::invalid_argument, R::kWord, given.id, std::string(fixed) + " cannot be changed");
    }
    stored.labels = given.labels;
    stored.extensions = given.extensions;
    for (const std::string_view field : R::kOwnFields) R::apply(stored, given, field);
    return {};
  }

  static Result<Value> merged(Value stored, const Value& given, const FieldMask& mask) {
    for (const std::string& path : mask) BAYPLAN_TRY(apply(stored, given, path));
    if (mask.empty()) BAYPLAN_TRY(apply_all(stored, given));
    BAYPLAN_TRY(validate(stored));
    std::erase_if(stored.labels, [](const auto& label) { return label.second.empty(); });
    return stored;
  }
};

}  // namespace bayplan::containers
