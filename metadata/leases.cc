#include "bayplan/metadata/leases.h"

#include <array>
#include <utility>

#include "bayplan/base/random.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/record_entry.h"
#include "bayplan/metadata/schema.h"
#include "lease_records.h"

namespace bayplan::metadata::leases {
namespace {

constexpr std::string_view kTrue = "true";

Error no_such(std::string_view id) { return {Errc::not_found, "lease", id}; }

Result<std::string> generate_id(Time at) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<std::byte, 4> random{};
  BAYPLAN_TRY(fill_random(random));
  std::string id = std::to_string(at.time_since_epoch().count()) + '-';
  for (const std::byte byte : random) id += kAlphabet[std::to_integer<std::size_t>(byte) % kAlphabet.size()];
  return id;
}

// The lease that `options` ask for.
Result<Lease> compose(const CreateOptions& options, Time at) {
  Lease lease{{}, options.labels, options.owner, at};
  if (options.id) {
    lease.id = *options.id;
  } else {
    BAYPLAN_ASSIGN(lease.id, generate_id(at));
  }
  if (options.expires && !lease.labels.emplace(kGcExpireLabel, format_rfc3339(*options.expires)).second) {
    return Error(Errc::invalid_argument, "lease", lease.id, "is given two expiries, one of them by a label");
  }
  if (options.persistent) lease.labels[std::string(kPersistentLabel)] = kTrue;
  std::erase_if(lease.labels, [](const auto& label) { return label.second.empty(); });
  return lease;
}

Result<void> validate(const Lease& lease) {
  BAYPLAN_TRY(validate_name("lease", lease.id, kMaxIdBytes));
  BAYPLAN_TRY(validate_labels(lease.labels).with_context("lease", lease.id));
  if (lease.owner) BAYPLAN_TRY(validate_owner(*lease.owner).with_context("lease", lease.id));
  const bool ends = lease.labels.contains(std::string(kGcExpireLabel)) || lease.owner;
  if (!ends || !lease.labels.contains(std::string(kPersistentLabel))) return {};
  return Error(Errc::invalid_argument, "lease", lease.id, "a persistent lease has neither expiry nor owner");
}

Result<void> write_record(MutableBucket& record, const Lease& lease) {
  BAYPLAN_TRY(record.put(schema::kCreatedAt, codec::encode_time(lease.created)));
  BAYPLAN_TRY(codec::write_map(record, schema::kLabels, lease.labels));
  return lease.owner ? write_owner(record, *lease.owner) : Result<void>{};
}

Result<Lease> read_record(std::string_view id, const Bucket& record) {
  Lease lease;
  lease.id = id;
  BAYPLAN_ASSIGN(const std::string_view created, record.require(schema::kCreatedAt));
  BAYPLAN_ASSIGN(lease.created, codec::decode_time(created).with_context("key", schema::kCreatedAt));
  BAYPLAN_ASSIGN(lease.labels, codec::read_map(record, schema::kLabels));
  BAYPLAN_ASSIGN(lease.owner, read_owner(record));
  return lease;
}

}  // namespace

Result<std::optional<Bucket>> lease_bucket(const BucketSource& source, std::string_view ns) {
  return namespace_bucket(source, ns, {schema::kLeases});
}

Result<Lease> decode_record(std::string_view id, const Bucket& record) {
  return read_record(id, record).with_context("lease", id);
}

Result<Lease> decode_entry(const Bucket& leases, const Entry& entry) {
  BAYPLAN_ASSIGN(const Bucket record, record_at(leases, entry, "lease"));
  return decode_record(entry.key, record);
}

Result<Lease> create(WriteTx& tx, std::string_view ns, const CreateOptions& options) {
  BAYPLAN_ASSIGN(const Lease lease, compose(options, now()));
  BAYPLAN_TRY(validate(lease));
  return tx.savepoint([&](WriteTx& inner) -> Result<Lease> {
    BAYPLAN_ASSIGN(MutableBucket leases, create_namespace_bucket(inner, ns, {schema::kLeases}));
    BAYPLAN_ASSIGN(const auto existing, leases.entry(lease.id));
    if (existing) return Error(Errc::already_exists, "lease", lease.id);
    BAYPLAN_ASSIGN(MutableBucket record, leases.create_bucket(lease.id));
    BAYPLAN_TRY(write_record(record, lease));
    BAYPLAN_TRY(note_change(inner, kLeaseKind, ns, lease.id, Change::created));
    return lease;
  });
}

Result<Lease> get(const BucketSource& source, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const auto record, namespace_bucket(source, ns, {schema::kLeases, id}));
  if (!record) return no_such(id);
  return decode_record(id, *record);
}

Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(auto leases, open_namespace_bucket(tx, ns, {schema::kLeases}));
  if (!leases) return no_such(id);
  auto removed = leases->delete_bucket(id);
  if (!removed && removed.error().code() == Errc::not_found) return no_such(id);
  BAYPLAN_TRY(removed);
  return note_change(tx, kLeaseKind, ns, id, Change::removed);
}

Result<void> walk(const BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Lease&)>& visit) {
  BAYPLAN_ASSIGN(const auto leases, lease_bucket(source, ns));
  if (!leases) return {};
  return leases->for_each([&](const Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(const Lease lease, decode_entry(*leases, entry));
    return visit(lease);
  });
}

std::optional<Time> expiry(const Lease& lease) { return gc_expiry(lease.labels); }

bool is_expired(const Lease& lease, Time at) {
  const auto end = expiry(lease);
  return end && *end <= at;
}

bool is_persistent(const Lease& lease) {
  return !expiry(lease) && !lease.owner && lease.labels.contains(std::string(kPersistentLabel));
}

Result<bool> is_flat(const Bucket& record) {
  BAYPLAN_ASSIGN(const auto labels, record.bucket(schema::kLabels));
  if (!labels) return false;
  BAYPLAN_ASSIGN(const auto flat, labels->get(kFlatLabel));
  return flat.has_value();
}

}  // namespace bayplan::metadata::leases
