// What leases list. In containerd's tree: content/<digest>, images/<name>, ingests/<ref>,
// snapshots/<sn>/<key>.
#include <array>

#include "bayplan/base/digest.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "lease_records.h"

namespace bayplan::metadata::leases {
namespace {

using ResourceVisitor = std::function<Result<void>(const Resource&)>;

// The types that name one bucket, in the order of lists.
constexpr std::array kFlatTypes = {schema::kContent, schema::kImages, schema::kIngests};

// A type, split as its buckets are; `snapshotter` is empty but for snapshots.
struct Type {
  std::string_view kind;
  std::string_view snapshotter;
};

Error bad_type(std::string_view type, std::string_view why) {
  return Error(Errc::invalid_argument, "resource type", type, why)
      .with_advice("known are content, images, ingests, and snapshots/<snapshotter>");
}

Result<Type> parse_type(std::string_view type) {
  const auto slash = type.find('/');
  const std::string_view kind = type.substr(0, slash);
  const std::string_view rest = slash == std::string_view::npos ? std::string_view() : type.substr(slash + 1);
  if (kind == schema::kSnapshots) {
    if (rest.empty()) return bad_type(type, "names no snapshotter");
    if (rest.find('/') != std::string_view::npos) return bad_type(type, "has more than two parts");
    return Type{kind, rest};
  }
  for (const std::string_view known : kFlatTypes) {
    if (kind != known) continue;
    if (slash != std::string_view::npos) return bad_type(type, "has more than one part");
    return Type{kind, {}};
  }
  if (type.empty()) return bad_type(type, "is empty");
  return Error(Errc::unsupported, "resource type", type, "objects of this type cannot be leased");
}

Result<Type> validate(const Resource& resource) {
  BAYPLAN_ASSIGN(const Type type, parse_type(resource.type));
  if (resource.id.empty()) return Error(Errc::invalid_argument, "resource", resource.type, "its id is empty");
  if (type.kind == schema::kContent) BAYPLAN_TRY(Digest::parse(resource.id));
  return type;
}

Result<void> put(MutableBucket& lease, const Type& type, const std::string& id) {
  BAYPLAN_ASSIGN(MutableBucket list, lease.create_bucket_if_not_exists(type.kind));
  if (!type.snapshotter.empty()) {
    BAYPLAN_ASSIGN(list, list.create_bucket_if_not_exists(type.snapshotter));
  }
  BAYPLAN_ASSIGN(const auto listed, list.get(id));
  return listed ? Result<void>{} : list.put(id, {});
}

Result<void> erase(MutableBucket& lease, const Type& type, const std::string& id) {
  BAYPLAN_ASSIGN(auto list, lease.bucket(type.kind));
  if (list && !type.snapshotter.empty()) {
    BAYPLAN_ASSIGN(list, list->bucket(type.snapshotter));
  }
  return list ? list->erase(id) : Result<void>{};
}

// Runs `change` on the lease's bucket.
template <class F>
Result<void> update_lease(WriteTx& tx, std::string_view ns, std::string_view id, F change) {
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto lease, open_namespace_bucket(inner, ns, {schema::kLeases, id}));
    if (!lease) return Error(Errc::not_found, "lease", id);
    BAYPLAN_TRY(change(*lease).with_context("lease", id));
    return note_change(inner, kLeaseKind, ns, id, Change::updated);
  });
}

Result<void> for_each_id(const Bucket& list, std::string_view type, const ResourceVisitor& visit) {
  return list.for_each([&](const Entry& entry) -> Result<void> {
    if (entry.is_bucket)
      return Error(Errc::corrupt, "resource", entry.key, "a bucket, where only keys can be");
    return visit({std::string(type), std::string(entry.key)});
  });
}

Result<void> for_each_snapshot(const Bucket& record, const ResourceVisitor& visit) {
  BAYPLAN_ASSIGN(const auto snapshots, record.bucket(schema::kSnapshots));
  if (!snapshots) return {};
  return snapshots->for_each([&](const Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(const auto keys, snapshots->bucket(entry.key));
    if (!keys) return Error(Errc::corrupt, "snapshotter", entry.key, "a value, where only buckets can be");
    return for_each_id(*keys, std::string(schema::kSnapshots).append("/").append(entry.key), visit);
  });
}

}  // namespace

Result<void> for_each_resource(const Bucket& record, const ResourceVisitor& visit) {
  for (const std::string_view type : kFlatTypes) {
    BAYPLAN_ASSIGN(const auto list, record.bucket(type));
    if (list) BAYPLAN_TRY(for_each_id(*list, type, visit));
  }
  return for_each_snapshot(record, visit);
}

Result<void> add_resource(WriteTx& tx, std::string_view ns, std::string_view lease,
                          const Resource& resource) {
  BAYPLAN_ASSIGN(const Type type, validate(resource));
  return update_lease(tx, ns, lease, [&](MutableBucket& record) { return put(record, type, resource.id); });
}

Result<void> keep(WriteTx& tx, std::string_view ns, const Keeper& keeper, const Resource& resource) {
  return keeper.lease() ? add_resource(tx, ns, *keeper.lease(), resource) : Result<void>{};
}

Result<void> remove_resource(WriteTx& tx, std::string_view ns, std::string_view lease,
                             const Resource& resource) {
  BAYPLAN_ASSIGN(const Type type, validate(resource));
  return update_lease(tx, ns, lease, [&](MutableBucket& record) { return erase(record, type, resource.id); });
}

Result<void> walk_resources(const BucketSource& source, std::string_view ns, std::string_view lease,
                            const std::function<Result<void>(const Resource&)>& visit) {
  BAYPLAN_ASSIGN(const auto record, namespace_bucket(source, ns, {schema::kLeases, lease}));
  if (!record) return Error(Errc::not_found, "lease", lease);
  return for_each_resource(*record, visit);
}

}  // namespace bayplan::metadata::leases
