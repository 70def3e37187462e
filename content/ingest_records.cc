#include "ingest_records.h"

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/record_entry.h"
#include "bayplan/metadata/removals.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::content::ingests {
namespace {

namespace codec = metadata::codec;
namespace leases = metadata::leases;
namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;
using metadata::MutableBucket;
using metadata::WriteTx;

constexpr std::initializer_list<std::string_view> kPath = {schema::kContent, schema::kIngests};

Error no_such_ingest(std::string_view ref) { return {Errc::not_found, "ingest", ref}; }

std::string backend_name(std::string_view ns, std::uint64_t number, std::string_view ref) {
  return std::string(ns).append("/").append(std::to_string(number)).append("/").append(ref);
}

Result<IngestRecord> decode(std::string_view ref, const Bucket& record) {
  IngestRecord ingest{.ref = std::string(ref)};
  BAYPLAN_ASSIGN(ingest.backend, record.require(schema::kRef));
  BAYPLAN_ASSIGN(const auto expires, record.get(schema::kExpireAt));
  if (expires) {
    BAYPLAN_ASSIGN(ingest.expires, codec::decode_time(*expires));
  }
  BAYPLAN_ASSIGN(const auto expected, record.get(schema::kExpected));
  if (!expected) return ingest;
  const auto digest = Digest::parse(*expected);
  if (!digest) return Error(Errc::corrupt, "record", {}, "it expects no digest: " + quoted(*expected));
  ingest.expected = *digest;
  return ingest;
}

// containerd counts in the record's own bucket, so that the number is 1 until a record is used again.
Result<IngestRecord> draft(MutableBucket& record, std::string_view ns, std::string_view ref) {
  BAYPLAN_ASSIGN(const std::uint64_t number, record.next_sequence());
  return IngestRecord{.ref = std::string(ref), .backend = backend_name(ns, number, ref)};
}

Result<void> write(MutableBucket& record, const IngestRecord& ingest) {
  BAYPLAN_TRY(record.put(schema::kRef, ingest.backend));
  if (ingest.expected) BAYPLAN_TRY(record.put(schema::kExpected, ingest.expected->to_string()));
  if (ingest.expires) return record.put(schema::kExpireAt, codec::encode_time(*ingest.expires));
  return record.erase(schema::kExpireAt);
}

Result<IngestRecord> start_record(WriteTx& tx, std::string_view ns, std::string_view ref,
                                  const std::optional<Digest>& expected, std::string_view lease) {
  BAYPLAN_ASSIGN(MutableBucket ingests, metadata::create_namespace_bucket(tx, ns, kPath));
  BAYPLAN_ASSIGN(MutableBucket record, ingests.create_bucket_if_not_exists(ref));
  BAYPLAN_ASSIGN(const auto present, record.get(schema::kRef));
  BAYPLAN_ASSIGN(IngestRecord ingest, present ? decode_record(ref, record) : draft(record, ns, ref));
  if (expected) ingest.expected = expected;
  ingest.expires = lease.empty() ? std::optional(now() + kDefaultExpiry) : std::nullopt;
  BAYPLAN_TRY(write(record, ingest));
  if (!lease.empty())
    BAYPLAN_TRY(leases::add_resource(tx, ns, lease, {std::string(schema::kIngests), ingest.ref}));
  BAYPLAN_TRY(metadata::drop_removal(tx, kIngestKind, directory_of(ingest.backend)));
  BAYPLAN_TRY(metadata::note_change(tx, kIngestKind, ns, ref,
                                    present ? metadata::Change::updated : metadata::Change::created));
  return ingest;
}

// Removes the record; what it says of its directory is the caller's to act on.
Result<void> remove_record(WriteTx& tx, std::string_view ns, std::string_view ref) {
  BAYPLAN_ASSIGN(auto ingests, metadata::open_namespace_bucket(tx, ns, kPath));
  if (!ingests) return no_such_ingest(ref);
  BAYPLAN_TRY(ingests->delete_bucket(ref));
  return metadata::note_change(tx, kIngestKind, ns, ref, metadata::Change::removed);
}

}  // namespace

Result<void> validate_ref(std::string_view ref) {
  if (!ref.empty() && ref.size() <= kMaxRefBytes) return {};
  return Error(
      Errc::invalid_argument, "ingest", ref,
      ref.empty() ? "a reference is not empty" : "is longer than " + std::to_string(kMaxRefBytes) + " bytes");
}

std::string first_backend(std::string_view ns, std::string_view ref) { return backend_name(ns, 1, ref); }

Result<std::string> current_backend(const BucketSource& source, std::string_view ns, std::string_view ref) {
  const auto record = get(source, ns, ref);
  if (record) return record->backend;
  if (record.error().code() == Errc::not_found) return first_backend(ns, ref);
  return record.error();
}

Result<std::optional<Bucket>> ingest_bucket(const BucketSource& source, std::string_view ns) {
  return metadata::namespace_bucket(source, ns, kPath);
}

Result<IngestRecord> decode_record(std::string_view ref, const Bucket& record) {
  return decode(ref, record).with_context("ingest", ref);
}

Result<IngestRecord> decode_record(const Bucket& ingests, const metadata::Entry& entry) {
  BAYPLAN_ASSIGN(const Bucket record, metadata::record_at(ingests, entry, "ingest"));
  return decode_record(entry.key, record);
}

std::string directory_of(std::string_view backend) { return Digest::of(backend).hex(); }

Result<std::set<std::string>> directories(const BucketSource& source) {
  std::set<std::string> found;
  BAYPLAN_ASSIGN(const auto namespaces, metadata::list_namespaces(source));
  for (const std::string& ns : namespaces) {
    BAYPLAN_TRY(walk(source, ns, [&](const IngestRecord& ingest) -> Result<void> {
      found.insert(directory_of(ingest.backend));
      return {};
    }));
  }
  return found;
}

Result<IngestRecord> start(WriteTx& tx, std::string_view ns, std::string_view ref,
                           const std::optional<Digest>& expected, std::string_view lease) {
  BAYPLAN_TRY(validate_ref(ref));
  return tx.savepoint([&](WriteTx& inner) { return start_record(inner, ns, ref, expected, lease); });
}

Result<IngestRecord> get(const BucketSource& source, std::string_view ns, std::string_view ref) {
  BAYPLAN_ASSIGN(const auto ingests, ingest_bucket(source, ns));
  BAYPLAN_ASSIGN(const auto record, ingests ? ingests->bucket(ref) : std::optional<Bucket>());
  if (!record) return no_such_ingest(ref);
  return decode_record(ref, *record);
}

Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view ref) {
  const auto ingest = get(tx, ns, ref);
  // The directory of one that cannot be read is a sweep's to find.
  if (!ingest && ingest.error().code() != Errc::corrupt) return ingest.error();
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_TRY(remove_record(inner, ns, ref));
    if (!ingest) return {};
    return metadata::queue_removal(inner, kIngestKind, directory_of(ingest->backend));
  });
}

Result<void> end(WriteTx& tx, std::string_view ns, std::string_view ref, std::string_view lease) {
  const auto removed = remove_record(tx, ns, ref);
  if (!removed && removed.error().code() != Errc::not_found) return removed;
  if (lease.empty()) return {};
  const auto unlisted =
      leases::remove_resource(tx, ns, lease, {std::string(schema::kIngests), std::string(ref)});
  if (!unlisted && unlisted.error().code() != Errc::not_found) return unlisted;
  return {};
}

Result<void> walk(const BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const IngestRecord&)>& visit) {
  BAYPLAN_ASSIGN(const auto ingests, ingest_bucket(source, ns));
  if (!ingests) return {};
  return ingests->for_each([&](const metadata::Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(const IngestRecord ingest, decode_record(*ingests, entry));
    return visit(ingest);
  });
}

}  // namespace bayplan::content::ingests
