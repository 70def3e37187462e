// Owners as they are stored: a bucket of ours beside containerd's keys of a lease.
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"
#include "lease_records.h"
#include "owner_probe.h"

namespace bayplan::metadata::leases {
namespace {

constexpr std::size_t kMostBootIdBytes = 64;

struct Number {
  std::string_view key;
  std::uint64_t Owner::*member;
};
constexpr Number kNumbers[] = {{schema::kPidNamespace, &Owner::pid_namespace},
                               {schema::kStartTime, &Owner::start_time},
                               {schema::kRunDevice, &Owner::run_device},
                               {schema::kRunInode, &Owner::run_inode}};

Result<std::int64_t> read_number(const Bucket& bucket, std::string_view key) {
  BAYPLAN_ASSIGN(const std::string_view bytes, bucket.require(key));
  return codec::decode_varint(bytes).with_context("key", key);
}

Result<Owner> read_all(const Bucket& bucket) {
  Owner owner;
  BAYPLAN_ASSIGN(owner.file, bucket.require(schema::kFile));
  BAYPLAN_ASSIGN(owner.boot_id, bucket.require(schema::kBootId));
  BAYPLAN_ASSIGN(owner.pid, read_number(bucket, schema::kPid));
  for (const auto& [key, member] : kNumbers) {
    // Inode numbers use all 64 bits; they come back as they went.
    BAYPLAN_ASSIGN(const std::int64_t number, read_number(bucket, key));
    owner.*member = static_cast<std::uint64_t>(number);
  }
  const auto valid = validate_owner(owner);
  if (!valid) return Error(Errc::corrupt, "owner", {}, valid.error().message());
  return owner;
}

}  // namespace

Result<void> validate_owner(const Owner& owner) {
  const auto bad = [](std::string_view why) { return Error(Errc::invalid_argument, "owner", {}, why); };
  if (!is_owner_file_name(owner.file)) return bad("its file is none that an owner makes");
  if (owner.pid <= 0) return bad("its pid is not positive");
  if (owner.boot_id.empty() || owner.boot_id.size() > kMostBootIdBytes) return bad("its boot id is none");
  return {};
}

Result<std::optional<Owner>> read_owner(const Bucket& record) {
  BAYPLAN_ASSIGN(const auto bucket, record.bucket(schema::kOwner));
  if (!bucket) return std::optional<Owner>();
  BAYPLAN_ASSIGN(Owner owner, read_all(*bucket).with_context("key", schema::kOwner));
  return std::optional(std::move(owner));
}

Result<void> write_owner(MutableBucket& record, const Owner& owner) {
  BAYPLAN_ASSIGN(MutableBucket bucket, record.create_bucket(schema::kOwner));
  BAYPLAN_TRY(bucket.put(schema::kFile, owner.file));
  BAYPLAN_TRY(bucket.put(schema::kBootId, owner.boot_id));
  BAYPLAN_TRY(bucket.put(schema::kPid, codec::encode_varint(owner.pid)));
  for (const auto& [key, member] : kNumbers) {
    BAYPLAN_TRY(bucket.put(key, codec::encode_varint(static_cast<std::int64_t>(owner.*member))));
  }
  return {};
}

}  // namespace bayplan::metadata::leases
