// Container records: metadata only; they pin their snapshot. In the caller's transaction; all-or-nothing
// each. Semantics and errors as containerd's container store (core/metadata/containers.go).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "bayplan/base/field_mask.h"
#include "bayplan/base/labels.h"
#include "bayplan/base/time.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/list.h"

namespace bayplan::containers {

/// The type_url under which containerd stores an OCI runtime spec.
inline constexpr std::string_view kSpecTypeUrl = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

struct Container {
  std::string id;     ///< an identifier (base/labels.h)
  std::string image;  ///< image NAME, may be empty; not a link
  std::string runtime = "io.containerd.runc.v2";
  std::string snapshotter;
  std::string snapshot_key;  ///< pinned
  std::string spec;          ///< OCI runtime spec, JSON
  Labels labels;
  Time created{};
  Time updated{};

  friend bool operator==(const Container&, const Container&) = default;
};

/// Errors: not_found, corrupt, closed, io.
Result<Container> get(const metadata::BucketSource& source, std::string_view ns, std::string_view id);
/// created and updated become now. Errors: already_exists, invalid_argument (id, labels, no runtime, no spec,
/// a snapshot key without snapshotter), and those of MutableBucket.
Result<void> create(metadata::WriteTx& tx, std::string_view ns, const Container& container);
/// Takes what `mask` names ("labels", "labels.K", "spec", "image", "snapshotkey"; empty: all of that, and
/// then runtime and snapshotter have to be those of the record) from `container`, keeps the rest and created,
/// sets updated. Answers the record as it is now. Errors: not_found, invalid_argument (as create; another
/// path), and those of MutableBucket.
Result<Container> update(metadata::WriteTx& tx, std::string_view ns, const Container& container,
                         const FieldMask& mask = {});
/// Replaces the labels. Errors: not_found, invalid_argument, and those of MutableBucket.
Result<void> set_labels(metadata::WriteTx& tx, std::string_view ns, std::string_view id,
                        const Labels& labels);
/// Removes the record; its snapshot stays (see remove_with_snapshot). Errors: not_found, and those of
/// MutableBucket.
Result<void> remove(metadata::WriteTx& tx, std::string_view ns, std::string_view id);
/// Id order. A record that does not decode is an error naming it. Errors: visit's, corrupt, closed, io.
Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Container&)>& visit);

/// What containers are filtered by (metadata/filter.h): id, image, runtime.name, snapshotter, snapshotkey,
/// createdat, updatedat, labels.K.
metadata::FieldTable container_fields() noexcept;
/// The containers that match, in id order. Errors: as metadata::list.
Result<metadata::ListEnd> list(const metadata::BucketSource& source, std::string_view ns,
                               const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                               const std::function<Result<void>(const Container&)>& visit,
                               const metadata::ListProblem& problem = {});

/// kind() "container"; always roots; edges: the snapshot, and gc.ref labels.
const metadata::GcKind& container_gc_kind();

}  // namespace bayplan::containers
