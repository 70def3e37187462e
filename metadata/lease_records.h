// Lease records as they are stored (schema.h).
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "bayplan/metadata/leases.h"

namespace bayplan::metadata::leases {

inline constexpr std::string_view kLeaseKind = "lease";

/// The bucket of all leases of a namespace; empty when there are none. Errors: corrupt, closed, io.
Result<std::optional<Bucket>> lease_bucket(const BucketSource& source, std::string_view ns);

/// The lease that `record` holds. Errors: corrupt (naming the lease), closed, io.
Result<Lease> decode_record(std::string_view id, const Bucket& record);
/// The lease at `entry` of the bucket of all. Errors: corrupt (naming the lease), closed, io.
Result<Lease> decode_entry(const Bucket& leases, const Entry& entry);

/// Errors: corrupt, closed, io.
Result<std::optional<Owner>> read_owner(const Bucket& record);
/// Errors: those of MutableBucket.
Result<void> write_owner(MutableBucket& record, const Owner& owner);
/// Errors: invalid_argument for what LeaseOwner does not make.
Result<void> validate_owner(const Owner& owner);

/// As walk_resources, over one record.
Result<void> for_each_resource(const Bucket& record,
                               const std::function<Result<void>(const Resource&)>& visit);

}  // namespace bayplan::metadata::leases
