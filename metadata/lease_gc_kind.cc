#include <array>
#include <functional>
#include <utility>

#include "bayplan/base/digest.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"
#include "lease_records.h"
#include "owner_probe.h"
#include "owner_sweep.h"

namespace bayplan::metadata::leases {
namespace {

GcNode lease_node(std::string_view ns, std::string_view id) {
  return {.kind = std::string(kLeaseKind), .ns = std::string(ns), .key = std::string(id)};
}

// Kinds are named by the folders that have them, resources by containerd.
Result<void> tell_resource(const Resource& resource, bool flat, GcSink& sink) {
  GcEdge edge{.kind = "snapshot", .key = resource.id, .why = "leased", .flat = flat};
  if (resource.type == schema::kContent) edge.kind = "content";
  if (resource.type == schema::kImages) edge.kind = "image";
  if (resource.type == schema::kIngests) edge.kind = "ingest";
  if (edge.kind != "snapshot") return sink.edge(edge);
  const std::string key = resource.type.substr(schema::kSnapshots.size() + 1) + "/" + resource.id;
  edge.key = key;
  return sink.edge(edge);
}

struct Owned {
  std::optional<Owner> owner;
  OwnerState state = OwnerState::unknown;
};

// An owner that cannot be read cannot be known to be dead.
Result<Owned> owned(const Bucket& record, const OwnerProbe& probe) {
  const auto owner = read_owner(record);
  if (!owner && owner.error().code() == Errc::corrupt) return Owned{};
  if (!owner) return owner.error();
  return Owned{*owner, *owner ? probe.state(**owner) : OwnerState::unknown};
}

// In its largest unit.
std::string age_words(double age) {
  const auto seconds = static_cast<std::int64_t>(age);
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 3> kUnits = {
      {{86'400, " days"}, {3'600, " hours"}, {60, " minutes"}}};
  for (const auto& [unit, word] : kUnits) {
    if (seconds >= 2 * unit) return std::to_string(seconds / unit).append(word);
  }
  return std::to_string(seconds) + (seconds == 1 ? " second" : " seconds");
}

// Who made it and how long ago: what to ask of one that should have gone.
Result<std::string> origin(const Bucket& record, const Owned& by, Time at) {
  std::string words = "a lease";
  if (by.owner) {
    words += " of process " + std::to_string(by.owner->pid);
    words.append(" (").append(to_string(by.state)).append(")");
  }
  BAYPLAN_ASSIGN(const auto bytes, record.get(schema::kCreatedAt));
  const auto created = bytes ? codec::decode_time(*bytes) : Result<Time>(Error(Errc::corrupt, "time", {}));
  if (created && *created <= at) words += ", made " + age_words(seconds_between(*created, at)) + " ago";
  return words;
}

// What makes it a root, or why it is none any more.
Result<GcObject> standing(const Bucket& record, Time at, const OwnerProbe& probe, std::string& reason) {
  GcObject object;
  BAYPLAN_ASSIGN(const auto expiry, stored_expiry(record));
  BAYPLAN_ASSIGN(const Owned by, owned(record, probe));
  const bool dead = by.state == OwnerState::dead;
  object.root = !dead && !(expiry && expiry->at <= at);
  BAYPLAN_ASSIGN(reason, origin(record, by, at));
  if (object.root && expiry) object.until = expiry->at;
  if (!object.root) reason += dead ? ": its owner has ended" : ": expired at " + std::string(expiry->text);
  object.reason = reason;
  return object;
}

Result<void> tell(std::string_view id, const Bucket& record, Time at, const OwnerProbe& probe, GcSink& sink) {
  std::string reason;
  BAYPLAN_ASSIGN(GcObject object, standing(record, at, probe, reason));
  object.key = id;
  BAYPLAN_TRY(sink.object(object));
  BAYPLAN_ASSIGN(const bool flat, is_flat(record));
  return for_each_resource(record,
                           [&](const Resource& resource) { return tell_resource(resource, flat, sink); })
      .with_context(kLeaseKind, id);
}

// What is wrong with a record; empty when nothing is. That a resource does not exist is not.
Result<std::string> problem_of(const Bucket& leases, const Entry& entry) {
  const auto lease = decode_entry(leases, entry);
  if (!lease && lease.error().code() == Errc::corrupt) return lease.error().to_string();
  if (!lease) return lease.error();
  BAYPLAN_ASSIGN(const auto record, leases.bucket(entry.key));
  const auto listed = for_each_resource(*record, [](const Resource& resource) -> Result<void> {
    if (resource.type != schema::kContent || Digest::parse(resource.id)) return {};
    return Error(Errc::corrupt, "resource", resource.id, "is no digest");
  });
  if (listed) return std::string();
  if (listed.error().code() == Errc::corrupt) return listed.error().to_string();
  return listed.error();
}

class LeaseKind final : public GcKind {
 public:
  explicit LeaseKind(std::filesystem::path run_root) : run_root_(std::move(run_root)) {}

  std::string_view kind() const override { return kLeaseKind; }

  Result<void> scan(const BucketSource& source, std::string_view ns, GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto leases, lease_bucket(source, ns));
    if (!leases) return {};
    const Time at = now();
    const OwnerProbe probe(run_root_);
    return leases->for_each_bucket(
        [&](std::string_view id, const Bucket& record) { return tell(id, record, at, probe, sink); });
  }

  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view id,
                    GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto leases, lease_bucket(source, ns));
    BAYPLAN_ASSIGN(const auto record, leases ? leases->bucket(id) : std::optional<Bucket>());
    return record ? tell(id, *record, now(), OwnerProbe(run_root_), sink) : Result<void>{};
  }

  Result<void> remove(WriteTx& tx, const GcNode& node) const override {
    return leases::remove(tx, node.ns, node.key);
  }

  Result<FileSweep> sweep_files(const Db&, const Control& control) const override {
    return sweep_owner_files(run_root_, control);
  }

  Result<void> check(const BucketSource& source, std::string_view ns,
                     const ProblemSink& sink) const override {
    BAYPLAN_ASSIGN(const auto leases, lease_bucket(source, ns));
    if (!leases) return {};
    return leases->for_each([&](const Entry& entry) -> Result<void> {
      BAYPLAN_ASSIGN(std::string what, problem_of(*leases, entry));
      if (!what.empty()) sink({.object = lease_node(ns, entry.key), .what = std::move(what)});
      return {};
    });
  }

 private:
  std::filesystem::path run_root_;
};

}  // namespace

std::unique_ptr<GcKind> gc_kind(std::filesystem::path run_root) {
  return std::make_unique<LeaseKind>(std::move(run_root));
}

}  // namespace bayplan::metadata::leases
