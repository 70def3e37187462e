// Snapshot records: v1/<ns>/snapshots/<snapshotter>/<key> (metadata/schema.h). Links between a parent and its
// children are written and removed here, by whoever writes `parent`, and nowhere else. Functions that change
// something are all-or-nothing inside the caller's transaction.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "bayplan/metadata/tx.h"
#include "bayplan/snapshots/snapshotter.h"
#include "driver.h"

namespace bayplan::snapshots::records {

/// As Kind numbers them, from 1.
inline constexpr std::array<std::string_view, 3> kKindWords = {"view", "active", "committed"};

/// Where the records of one snapshotter in one namespace are.
struct Place {
  std::string_view ns;
  std::string_view snapshotter;
};

/// Errors: corrupt, closed, io.
Result<std::optional<metadata::Bucket>> find(const metadata::BucketSource& source, Place place,
                                             std::string_view key);
/// Errors: not_found, corrupt, closed, io.
Result<metadata::Bucket> get(const metadata::BucketSource& source, Place place, std::string_view key);
/// Errors: not_found, corrupt (named by the key), closed, io.
Result<Info> stat(const metadata::BucketSource& source, Place place, std::string_view key);

/// Single fields of a record. Errors: corrupt, closed, io.
Result<Kind> kind_of(const metadata::Bucket& record);
Result<std::string> directory_of(const metadata::Bucket& record);
Result<std::string> parent_of(const metadata::Bucket& record);
/// Whether there is a link to a child other than `except`; two of them are looked at.
Result<bool> has_children(const metadata::Bucket& record, std::string_view except = {});
/// All of them. Errors: corrupt, closed, io.
Result<Info> decode(std::string_view key, const metadata::Bucket& record);
/// One entry of the bucket of all. Errors: corrupt, naming the snapshot; closed, io.
Result<Info> decode(const metadata::Bucket& snapshots, const metadata::Entry& entry);

/// The ids of `parent` and its ancestors, nearest first; none for "". For the parent field of a record that
/// exists. Errors: corrupt (one is absent or not committed, or they go round in a circle), closed, io.
Result<LowerIds> ancestors(const metadata::BucketSource& source, Place place, std::string parent);
/// The same for a `parent` that a caller names: the ids of committed snapshot `parent` and its ancestors.
/// Errors: not_found, invalid_argument (not committed), corrupt (as ancestors()), closed, io.
Result<LowerIds> chain(const metadata::BucketSource& source, Place place, std::string_view parent);

/// Every directory that a record of any namespace names. Errors: corrupt, closed, io.
Result<std::set<std::string>> directories(const metadata::BucketSource& source, std::string_view snapshotter);

struct Draft {
  Kind kind;
  std::string_view directory;
  std::string_view parent;
  Usage usage;  ///< stored for committed snapshots only
  const Labels& labels;
  const metadata::Keeper& keeper;
};
/// Errors: already_exists, invalid_argument (key, labels), not_found (the lease), conflict (the parent is not
/// there, or not committed), and those of MutableBucket.
Result<void> insert(metadata::WriteTx& tx, Place place, std::string_view key, const Draft& draft);

/// What an active snapshot becomes.
struct Sealing {
  std::string_view name;
  const Sealed& sealed;
  const Labels& labels;
  const metadata::Keeper& keeper;
  std::string_view rebase_onto;  ///< empty: the parent stays
  bool can_rebase;
};
/// Active `key` becomes committed. Errors: not_found (also the parent to be), already_exists,
/// failed_precondition (not active; the parent to be is not committed), conflict (another directory than was
/// sealed), invalid_argument (also another parent than it has), unsupported, and those of MutableBucket.
Result<void> commit(metadata::WriteTx& tx, Place place, std::string_view key, const Sealing& sealing);

/// Removes the record and its link in the parent, where there is one. Errors: not_found, and those of
/// MutableBucket.
Result<void> erase(metadata::WriteTx& tx, Place place, std::string_view key);

/// As Snapshotter::set_labels.
Result<void> set_labels(metadata::WriteTx& tx, Place place, std::string_view key, const Labels& labels,
                        const FieldMask& mask);

}  // namespace bayplan::snapshots::records
