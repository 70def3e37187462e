// The image store of schema 0: v1/images/<name>/{digest, mediatype, size}, without namespaces, labels, times
// and collector. For stores that hold nothing else; opening a store root for writing (metadata/store_root.h)
// moves its images to namespace "default", where images.h finds them.
//
// A store has this schema while v1 holds no version. Where it holds one, v1/images is a namespace of that
// name, and every function here answers version_mismatch. Records are read and written in the caller's
// transaction, all-or-nothing each.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "bayplan/base/descriptor.h"
#include "bayplan/metadata/db.h"
#include "bayplan/metadata/list.h"

namespace bayplan::images::flat {

struct Image {
  std::string name;
  Descriptor target;  ///< without annotations, which are not stored

  friend bool operator==(const Image&, const Image&) = default;
};

/// Creates v1/images, in a transaction of its own; being there is fine. Errors: version_mismatch, and those
/// of Db::update (failed_precondition: inside an open write transaction).
Result<void> init(const metadata::Db& db);

/// Stores `target` at `name`, replacing one that is there; whatever else is in that record stays. Errors:
/// not_found (before init), version_mismatch, invalid_argument (an empty name, a size over 2^63-1), too_large
/// (the name), failed_precondition (damage is in the way: a value for the record, or a bucket for one of its
/// values; remove it first), and those of MutableBucket.
Result<void> put(metadata::WriteTx& tx, std::string_view name, const Descriptor& target);

/// Other keys and buckets in the record are passed over. Errors: not_found (before init, too),
/// version_mismatch, corrupt (naming the image), closed, io.
Result<Image> get(const metadata::BucketSource& source, std::string_view name);

/// Name order. A damaged record goes to `problem` and the others are shown; without that function it ends the
/// list. Errors: not_found (before init), version_mismatch, and those of metadata::list.
Result<void> list(const metadata::BucketSource& source,
                  const std::function<Result<void>(const Image&)>& visit,
                  const metadata::ListProblem& problem = {});

/// Removes whatever is at `name`, damage included. Errors: not_found (before init, too), version_mismatch,
/// and those of MutableBucket.
Result<void> remove(metadata::WriteTx& tx, std::string_view name);

}  // namespace bayplan::images::flat
