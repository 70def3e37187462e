#include "bayplan/containers/name_registrar.h"

#include <utility>
#include <vector>

#include "bayplan/containers/storage_record.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/namespaces.h"
#include "row_gc_kind.h"
#include "storage_names.h"

namespace bayplan::containers {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
using metadata::Change;
using metadata::WriteTx;
namespace leases = metadata::leases;
namespace schema = metadata::schema;

constexpr std::string_view kReservation = "reservation";

struct Reservation {
  std::string key;
  std::string lease;
};

Result<Reservation> decode(std::string_view name, const Bucket& record) {
  const auto read = [&]() -> Result<Reservation> {
    Reservation reservation;
    BAYPLAN_ASSIGN(reservation.key, record.require(schema::kReservedFor));
    BAYPLAN_ASSIGN(reservation.lease, record.require(schema::kLease));
    return reservation;
  };
  return read().with_context(kReservation, name);
}

Result<bool> is_alive(const BucketSource& source, std::string_view ns, std::string_view id,
                      const std::filesystem::path& run_root) {
  const auto lease = leases::get(source, ns, id);
  if (!lease && lease.error().code() == Errc::not_found) return false;
  BAYPLAN_TRY(lease);
  if (leases::is_expired(*lease, now())) return false;
  return !lease->owner || metadata::owner_state(*lease->owner, run_root) != metadata::OwnerState::dead;
}

Error taken(std::string_view name, const std::string& by) {
  return {Errc::already_exists, "reserved name", name, "it is reserved for " + quoted(by)};
}

Result<void> erase(WriteTx& tx, std::string_view ns, std::string_view name) {
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto rows, metadata::open_namespace_bucket(inner, ns, {schema::kReservations}));
    if (!rows) return {};
    const auto gone = rows->delete_bucket(name);
    if (!gone && gone.error().code() == Errc::not_found) return {};
    BAYPLAN_TRY(gone);
    return metadata::note_change(inner, kReservation, ns, name, Change::removed);
  });
}

Result<void> put(WriteTx& tx, std::string_view ns, std::string_view name, const Reservation& reservation) {
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto rows, metadata::create_namespace_bucket(inner, ns, {schema::kReservations}));
    BAYPLAN_ASSIGN(const auto there, rows.bucket(name));
    BAYPLAN_ASSIGN(auto record, rows.create_bucket_if_not_exists(name));
    BAYPLAN_TRY(record.put(schema::kReservedFor, reservation.key));
    BAYPLAN_TRY(record.put(schema::kLease, reservation.lease));
    return metadata::note_change(inner, kReservation, ns, name, there ? Change::updated : Change::created);
  });
}

struct ReservationRow {
  static constexpr std::string_view kWord = kReservation;
  static constexpr std::string_view kBucket = schema::kReservations;

  static Result<void> tell(std::string_view, std::string_view name, const Bucket& record,
                           metadata::GcSink& sink) {
    BAYPLAN_ASSIGN(const auto lease, record.get(schema::kLease));
    BAYPLAN_TRY(sink.object({.key = name, .reason = "its lease has ended"}));
    if (!lease) return {};
    return sink.edge(
        {.kind = "lease", .key = *lease, .type = metadata::EdgeType::back, .why = schema::kLease});
  }
  static Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view name) {
    return erase(tx, ns, name);
  }
  static Result<void> check(std::string_view, std::string_view name, const Bucket& record,
                            const ProblemText& report) {
    const auto reservation = decode(name, record);
    if (reservation || reservation.error().code() != Errc::corrupt) return Result<void>{};
    report(reservation.error().to_string());
    return {};
  }
};

}  // namespace

Result<std::optional<std::string>> NameRegistrar::reserved_for(const BucketSource& source,
                                                               std::string_view name) const {
  BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns_, {schema::kReservations, name}));
  if (!record) return std::optional<std::string>();
  BAYPLAN_ASSIGN(Reservation reservation, decode(name, *record));
  BAYPLAN_ASSIGN(const bool alive, is_alive(source, ns_, reservation.lease, run_root_));
  return alive ? std::optional(std::move(reservation.key)) : std::nullopt;
}

Result<std::optional<std::string>> NameRegistrar::get(const BucketSource& source,
                                                      std::string_view name) const {
  BAYPLAN_ASSIGN(auto container, storage::named(source, ns_, name));
  if (container) return container;
  return reserved_for(source, name);
}

Result<void> NameRegistrar::reserve(WriteTx& tx, std::string_view name, std::string_view key,
                                    std::string_view lease) const {
  BAYPLAN_TRY(storage::validate_names(storage::kContainerNames, {std::string(name)}));
  if (key.empty()) return Error(Errc::invalid_argument, kReservation, name, "it has no key");
  BAYPLAN_ASSIGN(const bool alive, is_alive(tx, ns_, lease, run_root_));
  if (!alive) return Error(Errc::not_found, "lease", lease);
  BAYPLAN_ASSIGN(const auto container, storage::named(tx, ns_, name));
  if (container && *container != key) return taken(name, *container);
  BAYPLAN_ASSIGN(const auto reserved, reserved_for(tx, name));
  if (reserved && *reserved != key) return taken(name, *reserved);
  return put(tx, ns_, name, {std::string(key), std::string(lease)});
}

Result<void> NameRegistrar::release(WriteTx& tx, std::string_view name) const { return erase(tx, ns_, name); }

Result<void> NameRegistrar::remove(WriteTx& tx, std::string_view key) const {
  std::vector<std::string> names;
  BAYPLAN_ASSIGN(const auto rows, metadata::namespace_bucket(tx, ns_, {schema::kReservations}));
  if (!rows) return {};
  BAYPLAN_TRY(rows->for_each_bucket([&](std::string_view name, const Bucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(const auto reserved_for, record.get(schema::kReservedFor));
    if (reserved_for == key) names.emplace_back(name);
    return {};
  }));
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    for (const std::string& name : names) BAYPLAN_TRY(erase(inner, ns_, name));
    return {};
  });
}

const metadata::GcKind& reservation_gc_kind() {
  static const RowGcKind<ReservationRow> kReservations;
  return kReservations;
}

}  // namespace bayplan::containers
