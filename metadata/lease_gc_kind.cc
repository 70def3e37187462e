#include <functional>
#include <utility>

#include "bayplan/base/digest.h"
#include "bayplan/metadata/schema.h"
#include "lease_records.h"
#include "owner_probe.h"
#include "owner_sweep.h"

namespace bayplan::metadata::leases {
namespace {

constexpr std::string_view kKind = "lease";

GcNode lease_node(std::string_view ns, std::string_view id) {
  return {.kind = std::string(kKind), .ns = std::string(ns), .key = std::string(id)};
}

// Kinds are named by the folders that have them, resources by containerd.
GcNode resource_node(std::string_view ns, const Resource& resource) {
  const auto node = [&](std::string_view kind, std::string key) {
    return GcNode{.kind = std::string(kind), .ns = std::string(ns), .key = std::move(key)};
  };
  if (resource.type == schema::kContent) return node("content", resource.id);
  if (resource.type == schema::kImages) return node("image", resource.id);
  if (resource.type == schema::kIngests) return node("ingest", resource.id);
  return node("snapshot", resource.type.substr(schema::kSnapshots.size() + 1) + "/" + resource.id);
}

Result<void> for_each_record(const BucketSource& source, std::string_view ns,
                             const std::function<Result<void>(std::string_view, const Bucket&)>& visit) {
  BAYPLAN_ASSIGN(const auto leases, lease_bucket(source, ns));
  if (!leases) return {};
  return leases->for_each_bucket(visit);
}

// An owner that cannot be read cannot be known to be dead.
Result<bool> is_owner_dead(const Bucket& record, const OwnerProbe& probe) {
  const auto owner = read_owner(record);
  if (!owner && owner.error().code() == Errc::corrupt) return false;
  if (!owner) return owner.error();
  return *owner && probe.state(**owner) == OwnerState::dead;
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

  std::string_view kind() const override { return kKind; }

  Result<void> roots(const BucketSource& source, std::string_view ns, const NodeSink& sink) const override {
    const Time at = now();
    const OwnerProbe probe(run_root_);
    return for_each_record(source, ns, [&](std::string_view id, const Bucket& record) -> Result<void> {
      BAYPLAN_ASSIGN(const bool expired, is_gc_expired(record, at));
      if (expired) return {};
      BAYPLAN_ASSIGN(const bool dead, is_owner_dead(record, probe));
      if (dead) return {};
      return sink(lease_node(ns, id));
    });
  }

  Result<void> edges(const BucketSource& source, const GcNode& node, const NodeSink& sink) const override {
    BAYPLAN_ASSIGN(const auto leases, lease_bucket(source, node.ns));
    if (!leases) return {};
    BAYPLAN_ASSIGN(const auto record, leases->bucket(node.key));
    if (!record) return {};
    return for_each_resource(*record,
                             [&](const Resource& resource) { return sink(resource_node(node.ns, resource)); })
        .with_context(kKind, node.key);
  }

  Result<void> candidates(const BucketSource& source, std::string_view ns,
                          const NodeSink& sink) const override {
    return for_each_record(source, ns,
                           [&](std::string_view id, const Bucket&) { return sink(lease_node(ns, id)); });
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
