// What differs between two snapshots of one store: their bucket trees are walked in step, in key order, and
// what has the same revision is skipped unread.
//
// A small bucket lies in one row whose revision is that of the last change inside: it is skipped whole. Rows
// of larger buckets are compared one by one, so a diff costs a look at each of them in both snapshots.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "bayplan/metadata/events.h"
#include "bayplan/metadata/tx.h"

namespace bayplan::metadata {

/// Keys from the root to a value or bucket.
using KeyPath = std::span<const std::string_view>;

/// One difference. Views live as long as both transactions.
struct Difference {
  KeyPath path;  ///< valid during the call; its keys as long as the transactions
  Change change = Change::updated;
  bool is_bucket = false;
};

/// How a diff looks at a bucket.
enum class DiffDepth : unsigned char {
  inside,  ///< what differs in it is told one by one; of the bucket itself that it was created or removed
  whole,   ///< it is told once, `updated` if anything below differs
  skip,    ///< it is not looked at
};

struct DiffVisitor {
  /// Asked for each bucket that may differ, the root excepted, also for those below one that is told whole,
  /// where `skip` keeps a part out of the comparison. Empty: always `inside`.
  std::function<DiffDepth(KeyPath path)> depth{};
  std::function<Result<void>(const Difference& difference)> difference;
};

/// Tells what differs in `newer`. In byte order of the paths, a bucket before what is in it; where a value
/// became a bucket, or the reverse, it is removed and then created. A value is compared byte by byte: one
/// that was written anew with the same bytes does not differ. Sequences are not compared. A bucket that was
/// moved is removed at one path and created at the other. Precondition: both are read transactions of one
/// store. Errors: the visitor's, corrupt (also: nested deeper than kMaxWalkDepth, a bucket reached twice),
/// version_mismatch, closed, io.
Result<void> diff(const ReadTx& older, const ReadTx& newer, const DiffVisitor& visitor);

}  // namespace bayplan::metadata
