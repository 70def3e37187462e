// Depth-first over a bucket and everything below, without recursion.
#pragma once

#include <functional>

#include "bayplan/metadata/bucket_source.h"

namespace bayplan::metadata {

/// Buckets inside one another that a walk follows.
inline constexpr std::size_t kMaxWalkDepth = 256;

/// What a walk calls; each may be empty. Errors end the walk and are returned.
struct Visitor {
  /// A bucket, before its keys; its key is empty for the one that the walk began at. `depth` of that one
  /// is 1.
  std::function<Result<void>(std::string_view key, const Bucket& bucket, std::size_t depth)> enter{};
  std::function<Result<void>(const Entry& value)> value{};
  std::function<Result<void>()> leave{};
  /// Something of the bucket entered last that cannot be read. The walk goes on behind it; where this is
  /// empty, it ends there.
  std::function<Result<void>(const Error& error)> damage{};
};

/// What a cursor goes on behind, as a walk does.
bool is_passable(const Error& error) noexcept;

/// Calls `visit` for each key of `bucket`, and `damage` for what of it cannot be read. Errors: those of both,
/// closed, io.
Result<void> for_each_readable(const Bucket& bucket, const std::function<Result<void>(const Entry&)>& visit,
                               const std::function<Result<void>(const Error&)>& damage);

/// In byte order. Views given to the visitor live as the source says. Errors: the visitor's, closed, io, and,
/// where the visitor takes no damage, corrupt (also: nested deeper than kMaxWalkDepth, a bucket reached
/// twice), too_large, version_mismatch.
Result<void> walk(const Bucket& bucket, const Visitor& visitor);

}  // namespace bayplan::metadata
